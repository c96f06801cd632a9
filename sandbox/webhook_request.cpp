#include "sandbox/webhook_request.hpp"

#include "sandbox/crypto.hpp"
#include "sandbox/text.hpp"

#include <algorithm>
#include <cctype>

namespace punctual::sandbox {
namespace {

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

struct address {
    net::endpoint to;
    std::string host_header;
};

std::optional<address> parse_authority(std::string_view scheme, std::string_view authority) {
    address found;
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        authority.remove_prefix(at + 1);
    }
    found.host_header = authority;
    found.to.security = scheme == "https" ? net::transport::tls : net::transport::plain;
    found.to.port = scheme == "https" ? 443 : 80;
    const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
    if (bracket == std::string_view::npos) {
        return std::nullopt;
    }
    const auto colon = authority.find(':', bracket);
    if (colon != std::string_view::npos) {
        const auto port = parse_number(authority.substr(colon + 1));
        if (!port || *port < 1 || *port > 65535) {
            return std::nullopt;
        }
        found.to.port = static_cast<std::uint16_t>(*port);
        authority = authority.substr(0, colon);
    }
    found.to.host = bracket > 0 ? authority.substr(1, bracket - 1) : authority;
    return found;
}

}  // namespace

std::optional<webhook_request> make_webhook_request(const callback& what, std::string_view auth_token) {
    if (!is_callback_url(what.url)) {
        return std::nullopt;
    }
    const std::string_view whole{what.url};
    const auto hash = whole.find('#');
    // The fragment steers the call; it is neither sent nor signed.
    auto url = std::string{whole.substr(0, hash)};
    const auto terms = hash == std::string_view::npos ? form{} : parse_form(whole.substr(hash + 1));
    const auto body = encode_form(what.fields);
    if (!what.post) {
        url += (url.find('?') == std::string::npos ? "?" : "&") + body;
    }
    const auto scheme_end = url.find("://");
    const auto path_at = url.find_first_of("/?", scheme_end + 3);
    const auto found = parse_authority(url.substr(0, scheme_end), url.substr(scheme_end + 3, path_at - scheme_end - 3));
    if (!found) {
        return std::nullopt;
    }
    auto target = path_at == std::string::npos ? std::string{"/"} : url.substr(path_at);
    if (target.front() == '?') {
        target.insert(0, "/");
    }

    webhook_request made;
    made.to = found->to;
    made.retries = static_cast<unsigned>(std::min(parse_number(value_of(terms, "rc")).value_or(1), 5L));
    const auto policy = value_of(terms, "rp");
    made.retry_answers = policy.find("all") != std::string::npos || policy.find("xx") != std::string::npos;
    const auto signature = twilio_signature(auth_token, url, what.post ? what.fields : form{});
    made.bytes = (what.post ? "POST " : "GET ") + target + " HTTP/1.1\r\nHost: " + found->host_header +
                 "\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\nX-Twilio-Signature: " + signature + "\r\n";
    if (what.post) {
        made.bytes += "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body;
    } else {
        made.bytes += "\r\n";
    }
    return made;
}

std::optional<answer_head> read_answer_head(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    answer_head head;
    head.status = static_cast<unsigned>(parse_number(bytes.substr(std::min<std::size_t>(9, end), 3)).value_or(0));
    head.keep_alive = bytes.starts_with("HTTP/1.1");
    bool chunked = false;
    std::optional<long> length;
    auto rest = bytes.substr(0, end + 2);
    while (!rest.empty()) {
        const auto line_end = rest.find("\r\n");
        const auto line = lower(rest.substr(0, line_end));
        rest.remove_prefix(line_end + 2);
        const auto colon = line.find(':');
        if (colon == std::string::npos) {
            continue;
        }
        const auto value_at = line.find_first_not_of(" \t", colon + 1);
        const auto value = value_at == std::string::npos ? std::string{} : line.substr(value_at);
        const auto name = line.substr(0, colon);
        if (name == "content-length") {
            length = parse_number(value);
        } else if (name == "transfer-encoding") {
            chunked = true;
        } else if (name == "connection" && value.find("close") != std::string::npos) {
            head.keep_alive = false;
        }
    }
    if (head.status == 204 || head.status == 304) {
        length = 0;
        chunked = false;
    }
    if (chunked || !length) {
        // Read no further than the head: the connection is closed instead of its body understood.
        head.keep_alive = false;
        head.length = end + 4;
        return head;
    }
    head.length = end + 4 + static_cast<std::size_t>(*length);
    return head;
}

}  // namespace punctual::sandbox
