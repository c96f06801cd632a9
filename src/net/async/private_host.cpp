#include "net/async/private_host.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace punctual::net {
namespace {

struct network {
    std::uint32_t address;
    unsigned bits;
};

// 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.168/16
constexpr std::array networks{network{0x00000000, 8}, network{0x0a000000, 8},  network{0x64400000, 10},
                              network{0x7f000000, 8}, network{0xa9fe0000, 16}, network{0xac100000, 12},
                              network{0xc0a80000, 16}};

bool is_private(const boost::asio::ip::address_v4& address) {
    constexpr unsigned all = 32;
    return std::ranges::any_of(
        networks, [at = address.to_uint()](const network& one) { return (at ^ one.address) >> (all - one.bits) == 0; });
}

bool is_private(const boost::asio::ip::address_v6& address) {
    if (address.is_v4_mapped()) {
        return is_private(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address));
    }
    constexpr unsigned unique_local = 0xfc;  // fc00::/7
    return address.is_loopback() || address.is_unspecified() || address.is_link_local() ||
           (address.to_bytes()[0] & 0xfeU) == unique_local;
}

}  // namespace

bool is_private_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    std::string name{host};
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(name, ec);
    if (!ec) {
        return address.is_v4() ? is_private(address.to_v4()) : is_private(address.to_v6());
    }
    if (name.ends_with('.')) {
        name.pop_back();
    }
    return name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local") ||
           name.ends_with(".internal");
}

}  // namespace punctual::net
