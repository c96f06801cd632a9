#include "http/session_page.hpp"

#include "http/json_writer.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <utility>

namespace punctual::http {
namespace {

constexpr std::string_view root = "/video-session";
constexpr std::string_view start_page = "index.html";
constexpr std::string_view told = "config.json";
constexpr std::string_view versioned = "assets/";  // the build puts a digest of them all into their path
constexpr std::size_t longest_room_name = 128;     // Twilio's limit

// scheme://host[:port]; empty for what is no URL.
std::string_view origin_of(std::string_view url) {
    const auto scheme = url.find("://");
    return scheme == std::string_view::npos ? std::string_view{} : url.substr(0, url.find('/', scheme + 3));
}

std::string make_config(const session_page_settings& from) {
    std::string json;
    json_writer{json}
        .begin_object()
        .field("clinic_name", from.clinic_name)
        .field("clinic_phone", from.clinic_phone)
        .field("clinic_email", from.clinic_email)
        .field("frontend_url", from.frontend_url)
        .field("backend_url", from.backend_url)
        .field("sign_in_url", from.sign_in_url)
        .field("token_key", from.token_key)
        .field("signalling_url", from.signalling_url)
        .end_object();
    return json;
}

std::string make_policy(const session_page_settings& from) {
    std::string connect = "'self'";
    const auto allow = [&](std::string_view source) {
        if (!source.empty()) {
            connect.append(" ").append(source);
        }
    };
    allow(origin_of(from.backend_url));
    allow(origin_of(from.signalling_url));
    for (const auto& host : from.connect_hosts) {
        allow(host);
    }
    return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src " +
           connect + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

// What the page names by its path must be there: a folder that was built by halves is found at the start.
std::optional<std::string> missing_part(const site_files& files) {
    const auto page = files.find(start_page);
    if (page == files.end()) {
        return std::string{start_page} + " is missing";
    }
    const std::string_view text = page->second.bytes;
    bool has_script = false;
    for (std::size_t at = 0; (at = text.find("\"/video-session/", at)) != std::string_view::npos;) {
        at += root.size() + 2;
        const auto name = text.substr(at, text.find('"', at) - at);
        if (!files.contains(name)) {
            return std::string{name} + ", which " + std::string{start_page} + " names, is missing";
        }
        has_script = has_script || name.ends_with(".js");
    }
    if (!has_script) {
        return std::string{start_page} + " names no script of its own: it is not built";
    }
    return std::nullopt;
}

bool same_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    return std::ranges::equal(text, lower,
                              [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

std::string_view trim(std::string_view text) noexcept {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// The elements of a list field (RFC 9110 §5.6.1); tags and codings hold no comma.
template <class Test>
bool any_element(std::string_view list, Test&& test) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (test(trim(list.substr(0, comma)))) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

// RFC 9110 §12.5.3: named, and not with a weight of nothing.
bool accepts_gzip(std::string_view accepted) {
    return any_element(accepted, [](std::string_view one) {
        const auto semicolon = one.find(';');
        if (!same_ignoring_case(trim(one.substr(0, semicolon)), "gzip")) {
            return false;
        }
        if (semicolon == std::string_view::npos) {
            return true;
        }
        const auto weight = trim(one.substr(semicolon + 1));
        return weight.size() > 2 && weight.substr(2).find_first_of("123456789") != std::string_view::npos;
    });
}

// RFC 9110 §13.1.2, compared weakly. The suffix is that of the compressed form: the same bytes to the page.
bool has_same(std::string_view if_none_match, std::string_view tag) {
    return any_element(if_none_match, [&](std::string_view one) {
        if (one == "*") {
            return true;
        }
        if (one.starts_with("W/")) {
            one.remove_prefix(2);
        }
        if (one.size() < 2 || !one.starts_with('"') || !one.ends_with('"')) {
            return false;
        }
        one = one.substr(1, one.size() - 2);
        return one == tag || (one.ends_with("-gz") && one.substr(0, one.size() - 3) == tag);
    });
}

}  // namespace

bool is_room_name(std::string_view text) noexcept {
    constexpr std::size_t hex_digits = 8;
    if (!text.starts_with("apt-") || text.size() > longest_room_name) {
        return false;
    }
    text.remove_prefix(4);
    const auto is_number = [](std::string_view digits) {
        return !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    };
    const auto first = text.find('-');
    const auto second = text.find('-', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) {
        return false;
    }
    const auto tail = text.substr(second + 1);
    return is_number(text.substr(0, first)) && is_number(text.substr(first + 1, second - first - 1)) &&
           tail.size() == hex_digits &&
           std::ranges::all_of(tail, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::expected<session_page, std::string> session_page::load(const session_page_settings& settings) {
    auto files = read_site(settings.folder);
    if (!files) {
        return std::unexpected{std::move(files.error())};
    }
    if (auto missing = missing_part(*files)) {
        return std::unexpected{std::move(*missing)};
    }
    auto& config = (*files)[std::string{told}];
    config.content_type = "application/json";
    config.bytes = make_config(settings);
    config.gzip.clear();
    config.tag = site_tag(config.bytes);
    return session_page{std::move(*files), make_policy(settings)};
}

bool session_page::owns(std::string_view path) noexcept {
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

response session_page::answer(const request& what) const {
    if (what.method != method::get && what.method != method::head) {
        response out;
        if (what.method == method::options) {
            out.status = 204;
            out.content_type.clear();
        } else {
            out = to_response({.status = 405, .code = "method_not_allowed", .error = "Method not allowed"});
        }
        out.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
        guard(out);
        return out;
    }
    const std::string_view path = what.path;
    const auto name = path.substr(std::min(path.size(), root.size() + 1));
    const auto& page = files_.find(start_page)->second;
    if (is_room_name(name)) {
        return send(what, start_page, page, 200);
    }
    if (const auto found = files_.find(name); found != files_.end() && name != start_page) {
        return send(what, name, found->second, 200);
    }
    // A link that was cut off or mistyped; what has a folder or a dot in it is no person's mistake.
    return name.find_first_of("/.") == std::string_view::npos ? send(what, start_page, page, 404) : not_found();
}

response session_page::send(const request& what, std::string_view name, const site_file& file, unsigned status) const {
    response out;
    out.status = status;
    out.content_type = file.content_type;
    const bool packed = !file.gzip.empty() && accepts_gzip(what.header("accept-encoding"));
    if (status == 200) {
        // The two forms are two representations: each has a tag of its own (RFC 9110 §8.8.3.3).
        out.headers.emplace_back("ETag", '"' + file.tag + (packed ? "-gz\"" : "\""));
        if (has_same(what.header("if-none-match"), file.tag)) {
            out.status = 304;
        }
    }
    out.headers.emplace_back("Cache-Control", status != 200                 ? "no-store"
                                              : name.starts_with(versioned) ? "public, max-age=31536000, immutable"
                                                                            : "no-cache");
    if (!file.gzip.empty()) {
        out.headers.emplace_back("Vary", "Accept-Encoding");
    }
    guard(out);
    if (out.status != 304) {
        if (packed) {
            out.headers.emplace_back("Content-Encoding", "gzip");
        }
        out.kept_body = packed ? file.gzip : file.bytes;
    }
    return out;
}

response session_page::not_found() const {
    auto out = to_response({.status = 404, .code = "not_found", .error = "Not found"});
    out.headers.emplace_back("Cache-Control", "no-store");
    guard(out);
    return out;
}

// On every answer: a policy on the page alone would leave what else is opened by its address without one.
void session_page::guard(response& out) const {
    out.headers.emplace_back("Content-Security-Policy", policy_);
    out.headers.emplace_back("Permissions-Policy",
                             "camera=(self), microphone=(self), autoplay=(self), "
                             "fullscreen=(self), display-capture=(), geolocation=(), payment=(), usb=()");
    // The link names the appointment: no other site may learn it.
    out.headers.emplace_back("Referrer-Policy", "no-referrer");
    out.headers.emplace_back("X-Content-Type-Options", "nosniff");
    out.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    out.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
    out.headers.emplace_back("X-Robots-Tag", "noindex, nofollow");
}

}  // namespace punctual::http
