#include "net/twilio/signature.hpp"

#include "domain/base64.hpp"
#include "domain/percent_encoding.hpp"
#include "net/crypto/hmac.hpp"

#include <algorithm>
#include <cctype>

namespace punctual::net::twilio {
namespace {

// Fields sorted by name, in bytes; of a repeated name its values sorted and each once.
std::string joined(form_fields form) {
    std::ranges::sort(form);
    const auto same = std::ranges::unique(form);
    form.erase(same.begin(), same.end());
    std::string out;
    for (const auto& [name, value] : form) {
        out += name;
        out += value;
    }
    return out;
}

struct url_parts {
    std::string_view before;  // scheme, user information, host
    std::string_view port;    // ":8443", or empty
    std::string_view after;   // path and query
};

url_parts split(std::string_view url) noexcept {
    const auto scheme = url.find("://");
    const auto authority = scheme == std::string_view::npos ? 0 : scheme + 3;
    const auto end = std::min(url.find_first_of("/?", authority), url.size());
    auto host = url.substr(authority, end - authority);
    const auto user = host.rfind('@');
    const auto begin = user == std::string_view::npos ? 0 : user + 1;
    const auto colon = host.find_last_of(":]");
    if (colon == std::string_view::npos || colon < begin || host[colon] == ']') {
        return {url.substr(0, end), {}, url.substr(end)};
    }
    return {url.substr(0, authority + colon), url.substr(authority + colon, end - authority - colon), url.substr(end)};
}

// The query as old libraries re-encode it: an apostrophe is escaped.
std::string with_legacy_query(std::string_view after) {
    const auto mark = std::min(after.find('?'), after.size());
    std::string out{after.substr(0, mark)};
    for (const char c : after.substr(mark)) {
        if (c == '\'') {
            out += "%27";
        } else {
            out += c;
        }
    }
    return out;
}

std::string_view body_hash_in(std::string_view url) noexcept {
    static constexpr std::string_view name = "bodySHA256=";
    const auto query = url.find('?');
    if (query == std::string_view::npos) {
        return {};
    }
    for (auto at = url.find(name, query); at != std::string_view::npos; at = url.find(name, at + 1)) {
        if (url[at - 1] == '?' || url[at - 1] == '&') {
            const auto value = url.substr(at + name.size());
            return value.substr(0, value.find('&'));
        }
    }
    return {};
}

}  // namespace

std::optional<form_fields> parse_form(std::string_view text) {
    form_fields out;
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const auto piece = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (piece.empty()) {
            continue;
        }
        const auto equals = std::min(piece.find('='), piece.size());
        auto name = domain::percent_decode(piece.substr(0, equals), true);
        auto value = domain::percent_decode(piece.substr(std::min(equals + 1, piece.size())), true);
        if (!name || !value) {
            return std::nullopt;
        }
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

std::string_view find_field(const form_fields& form, std::string_view name) noexcept {
    const auto at = std::ranges::find(form, name, [](const auto& field) { return std::string_view{field.first}; });
    return at == form.end() ? std::string_view{} : std::string_view{at->second};
}

std::string sign_request(std::string_view auth_token, std::string_view url, form_fields form) {
    std::string text{url};
    text += joined(std::move(form));
    return domain::to_base64(hmac{digest::sha1, auth_token}.mac(text));
}

bool is_signed_by_twilio(std::string_view auth_token, const webhook_request& what) {
    if (auth_token.empty() || what.signature.empty()) {
        return false;
    }
    std::string fields;
    if (what.is_form) {
        auto form = parse_form(what.body);
        if (!form) {
            return false;
        }
        fields = joined(std::move(*form));
    } else if (!what.body.empty()) {
        // Nothing else of the signature covers such a body.
        auto hash = std::string{body_hash_in(what.url)};
        std::ranges::transform(hash, hash.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (!equal_in_constant_time(hash, sha256_hex(what.body))) {
            return false;
        }
    }
    const auto parts = split(what.url);
    const std::string standard = what.url.starts_with("https:") ? ":443" : ":80";
    const std::string port = parts.port.empty() ? standard : std::string{parts.port};
    const hmac key{digest::sha1, auth_token};
    bool valid = false;
    for (const auto& after : {std::string{parts.after}, with_legacy_query(parts.after)}) {
        for (const auto& each_port : {std::string{}, port}) {
            std::string text{parts.before};
            text.append(each_port).append(after).append(fields);
            // Every variant is computed whatever the ones before gave.
            valid = equal_in_constant_time(domain::to_base64(key.mac(text)), what.signature) || valid;
        }
    }
    return valid;
}

}  // namespace punctual::net::twilio
