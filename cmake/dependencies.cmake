# Every library the project stands on; Debian 12 packages, installed by scripts/install-packages.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(ICU REQUIRED COMPONENTS i18n uc)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Protobuf REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
find_library(DATE_TZ_LIBRARY date-tz REQUIRED)

# libphonenumber's -dev package drags in Boost 1.74; the runtime does not. scripts/install-packages
# unpacks its headers under .local/deps, and the versioned runtime library is linked as it is.
find_path(PHONENUMBER_INCLUDE phonenumbers/phonenumberutil.h
  PATHS ${PROJECT_SOURCE_DIR}/.local/deps/usr/include /opt/punctual-deps/usr/include REQUIRED)
find_library(PHONENUMBER_LIBRARY NAMES libphonenumber.so.8 REQUIRED)

add_library(punctual_dependencies INTERFACE)
target_include_directories(punctual_dependencies SYSTEM INTERFACE ${PHONENUMBER_INCLUDE})
target_link_libraries(punctual_dependencies INTERFACE
  Boost::headers Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto ICU::i18n ICU::uc
  PkgConfig::PQ PkgConfig::SYSTEMD spdlog::spdlog fmt::fmt prometheus-cpp::core protobuf::libprotobuf
  ${DATE_TZ_LIBRARY} ${PHONENUMBER_LIBRARY} Threads::Threads)
target_compile_definitions(punctual_dependencies INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  SPDLOG_FMT_EXTERNAL USE_OS_TZDB=1 HAS_REMOTE_API=0)
