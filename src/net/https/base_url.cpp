#include "net/https/base_url.hpp"

#include "net/async/loopback.hpp"
#include "net/https/errc.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace punctual::net::https {
namespace {

// By hand: Boost.URL 1.81 takes "127.0.0.1.example.com" for the address 127.0.0.1 with something after it.

std::unexpected<error> refuse(std::string why) {
    return failure(https_errc::bad_request, std::move(why));
}

bool is_address(const std::string& host) {
    boost::system::error_code ec;
    boost::asio::ip::make_address(host, ec);
    return !ec;
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view host) {
    return !host.empty() &&
           std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

// Unreserved, percent-encoded, and what stands in paths (RFC 3986 §3.3).
bool is_path(std::string_view path) {
    constexpr std::string_view marks = "/-._~%!$&'()*+,;=:@";
    return std::ranges::all_of(path,
                               [&](char c) { return is_alphanumeric(c) || marks.find(c) != std::string_view::npos; });
}

std::optional<std::uint16_t> port_number(std::string_view digits) {
    std::uint16_t port = 0;
    const auto* end = digits.data() + digits.size();
    const auto [at, ec] = std::from_chars(digits.data(), end, port);
    return ec == std::errc{} && at == end && port != 0 ? std::optional{port} : std::nullopt;
}

}  // namespace

result<base_url> parse_base_url(std::string_view text) {
    base_url found;
    if (text.starts_with("https://")) {
        found.to.security = transport::tls;
    } else if (text.starts_with("http://")) {
        found.to.security = transport::plain;
    } else {
        return refuse("it does not begin with https:// (or http:// for loopback)");
    }
    text.remove_prefix(text.find("//") + 2);
    const auto slash = std::min(text.find('/'), text.size());
    auto authority = text.substr(0, slash);
    auto path = text.substr(slash);
    if (authority.find_first_of("@?#") != std::string_view::npos ||
        path.find_first_of("?#") != std::string_view::npos) {
        return refuse("it has a user, a query or a fragment");
    }
    const bool bracketed = authority.starts_with('[');
    const auto host_end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (host_end == std::string_view::npos) {
        return refuse("its host is not one");
    }
    found.to.host = std::string{authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0))};
    authority.remove_prefix(host_end + (bracketed ? 1 : 0));
    if (bracketed ? !is_address(found.to.host) : !is_name(found.to.host)) {
        return refuse("its host is not one");
    }
    found.to.port = found.to.security == transport::tls ? 443 : 80;
    if (!authority.empty()) {
        const auto port = authority.starts_with(':') ? port_number(authority.substr(1)) : std::nullopt;
        if (!port) {
            return refuse("its port is not between 1 and 65535");
        }
        found.to.port = *port;
    }
    if (found.to.security == transport::plain && !is_loopback_host(found.to.host)) {
        return refuse("plain http is allowed for loopback only; use https");
    }
    if (!is_path(path)) {
        return refuse("its path holds a character that must be percent-encoded");
    }
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    found.path = std::string{path};
    return found;
}

}  // namespace punctual::net::https
