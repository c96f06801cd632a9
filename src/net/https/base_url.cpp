#include "net/https/base_url.hpp"

#include "net/https/errc.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace punctual::net::https {
namespace {

std::unexpected<error> refuse(std::string why) {
    return failure(https_errc::bad_request, std::move(why));
}

bool is_loopback(const std::string& host) {
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    return ec ? host == "localhost" : address.is_loopback();
}

}  // namespace

result<base_url> parse_base_url(std::string_view text) {
    const auto parsed = boost::urls::parse_uri(boost::core::string_view{text.data(), text.size()});
    if (!parsed) {
        return refuse("not an absolute URL");
    }
    const auto& url = *parsed;
    base_url found;
    found.to.host = std::string{url.host_address()};
    if (url.scheme_id() == boost::urls::scheme::https) {
        found.to.security = transport::tls;
    } else if (url.scheme_id() == boost::urls::scheme::http) {
        found.to.security = transport::plain;
    } else {
        return refuse("the scheme is neither https nor http");
    }
    if (found.to.host.empty()) {
        return refuse("there is no host in it");
    }
    if (url.has_userinfo() || url.has_query() || url.has_fragment()) {
        return refuse("it has a user, a query or a fragment");
    }
    if (found.to.security == transport::plain && !is_loopback(found.to.host)) {
        return refuse("plain http is allowed for loopback only; use https");
    }
    found.to.port = found.to.security == transport::tls ? 443 : 80;
    if (url.has_port()) {
        if (url.port_number() == 0) {
            return refuse("the port is not between 1 and 65535");
        }
        found.to.port = url.port_number();
    }
    found.path = std::string{url.encoded_path()};
    while (found.path.ends_with('/')) {
        found.path.pop_back();
    }
    return found;
}

}  // namespace punctual::net::https
