# The compiler, its warnings and the sanitizers.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} destroys temporaries twice in statements with co_await; "
    "use clang 19 (cmake --preset dev) or g++ 13 and later")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(PUNCTUAL_WERROR "warnings are errors" OFF)
set(PUNCTUAL_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize takes them")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Relative paths in the hash, so that a clone elsewhere finds what this one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=time_macros
    ${CCACHE_PROGRAM})
endif()

add_library(punctual_options INTERFACE)
target_compile_options(punctual_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:Clang>:-Wextra-semi -Wunused -Wno-gnu-zero-variadic-macro-arguments>)
if(PUNCTUAL_WERROR)
  target_compile_options(punctual_options INTERFACE -Werror)
endif()
if(PUNCTUAL_SANITIZE)
  target_compile_options(punctual_options INTERFACE
    # Without vptr: it looks at memory by way of a pipe, and takes everything for broken when no descriptor is left.
    -fsanitize=${PUNCTUAL_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(punctual_options INTERFACE -fsanitize=${PUNCTUAL_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(punctual_options INTERFACE -fuse-ld=lld-19)
endif()
