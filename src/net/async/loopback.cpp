#include "net/async/loopback.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>

namespace punctual::net {

bool is_loopback_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    if (host == "localhost") {
        return true;
    }
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(std::string{host}, ec);
    return !ec && address.is_loopback();
}

}  // namespace punctual::net
