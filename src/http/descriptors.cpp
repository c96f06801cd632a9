#include "http/descriptors.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>

#include <sys/resource.h>
#include <sys/socket.h>

namespace punctual::http {

std::size_t connection_limit(std::size_t wanted, std::size_t reserved) noexcept {
    ::rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return wanted;
    }
    const ::rlim_t needed = wanted + reserved;
    if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
        auto raised = limit;
        raised.rlim_cur = std::min(needed, limit.rlim_max);
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    const auto left = limit.rlim_cur > reserved ? limit.rlim_cur - reserved : 1;
    return std::min<std::size_t>(wanted, left);
}

boost::asio::ip::tcp inherited_protocol(int descriptor) {
    ::sockaddr_storage name{};
    ::socklen_t size = sizeof name;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the call is made (getsockname(2))
    const int failed = ::getsockname(descriptor, reinterpret_cast<::sockaddr*>(&name), &size);
    const int reason = failed != 0 ? errno : EAFNOSUPPORT;
    if (failed == 0 && name.ss_family == AF_INET) {
        return boost::asio::ip::tcp::v4();
    }
    if (failed == 0 && name.ss_family == AF_INET6) {
        return boost::asio::ip::tcp::v6();
    }
    throw boost::system::system_error{reason, boost::system::system_category(), "the inherited socket"};
}

}  // namespace punctual::http
