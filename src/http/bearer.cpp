#include "http/bearer.hpp"

#include "domain/base64.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace punctual::http {
namespace {

constexpr std::size_t longest_token = 4096;
constexpr std::size_t most_verified = 1024;

std::optional<boost::json::object> parse_object(std::string_view segment) {
    const auto text = domain::from_base64url(segment);
    if (!text) {
        return std::nullopt;
    }
    boost::json::parse_options options;
    options.max_depth = 8;
    boost::system::error_code ec;
    auto value = boost::json::parse(*text, ec, {}, options);
    if (ec || !value.is_object()) {
        return std::nullopt;
    }
    return std::move(value.as_object());
}

bool has_text(const boost::json::object& in, std::string_view name, std::string_view wanted) {
    const auto* value = in.if_contains(name);
    return value != nullptr && value->is_string() && std::string_view{value->get_string()} == wanted;
}

// NumericDate (RFC 7519 §2): whole or broken seconds. Saturates: a date beyond all calendars is far away.
std::optional<std::int64_t> numeric_date(const boost::json::value& value) {
    if (value.is_int64()) {
        return value.get_int64();
    }
    if (value.is_uint64()) {
        return std::numeric_limits<std::int64_t>::max();
    }
    if (value.is_double()) {
        const double seconds = std::floor(value.get_double());
        if (std::abs(seconds) < 9e18) {
            return static_cast<std::int64_t>(seconds);
        }
    }
    return std::nullopt;
}

std::optional<domain::person_id> person_of(const boost::json::value& value) {
    if (value.is_int64() && value.get_int64() > 0) {
        return value.get_int64();
    }
    if (!value.is_string()) {
        return std::nullopt;
    }
    const std::string_view text = value.get_string();
    domain::person_id id = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (ec != std::errc{} || end != text.data() + text.size() || text.starts_with('-') || id == 0) {
        return std::nullopt;
    }
    return id;
}

// The token of "Bearer <token>" (RFC 6750 §2.1); the scheme in any case.
std::optional<std::string_view> token_of(std::string_view authorization) {
    static constexpr std::string_view scheme = "bearer ";
    if (authorization.size() <= scheme.size() || authorization.size() > scheme.size() + longest_token) {
        return std::nullopt;
    }
    const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); };
    if (!std::ranges::equal(authorization.substr(0, scheme.size()), scheme, same)) {
        return std::nullopt;
    }
    return authorization.substr(scheme.size());
}

}  // namespace

bearer_verifier::bearer_verifier(std::string_view secret_key) : key_{net::digest::sha256, secret_key} {}

std::optional<domain::person_id> bearer_verifier::verify(std::string_view authorization, wall_time now) {
    const auto token = token_of(authorization);
    if (!token) {
        return std::nullopt;
    }
    auto known = verified_.find(*token);
    if (known == verified_.end()) {
        const auto claims = check(*token);
        if (!claims) {
            return std::nullopt;
        }
        if (verified_.size() >= most_verified) {
            verified_.erase(verified_.begin());
        }
        known = verified_.emplace(std::string{*token}, *claims).first;
    }
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (seconds >= known->second.expires) {
        verified_.erase(known);
        return std::nullopt;
    }
    if (seconds < known->second.not_before) {
        return std::nullopt;
    }
    return known->second.user;
}

std::optional<bearer_claims> bearer_verifier::check(std::string_view token) const {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    // The signature first: no JSON of a stranger is parsed.
    const auto signature = domain::from_base64url(token.substr(second + 1));
    if (!signature || !net::equal_in_constant_time(*signature, key_.mac(token.substr(0, second)))) {
        return std::nullopt;
    }
    const auto header = parse_object(token.substr(0, first));
    if (!header || !has_text(*header, "alg", "HS256") || header->contains("crit")) {
        return std::nullopt;
    }
    const auto claims = parse_object(token.substr(first + 1, second - first - 1));
    if (!claims || !has_text(*claims, "token_type", "access")) {
        return std::nullopt;
    }
    const auto* user = claims->if_contains("user_id");
    const auto* expires = claims->if_contains("exp");
    const auto* not_before = claims->if_contains("nbf");
    const auto id = user != nullptr ? person_of(*user) : std::nullopt;
    const auto until = expires != nullptr ? numeric_date(*expires) : std::nullopt;
    const auto from = not_before != nullptr ? numeric_date(*not_before) : std::optional<std::int64_t>{0};
    if (!id || !until || !from) {
        return std::nullopt;
    }
    return bearer_claims{.user = *id, .not_before = *from, .expires = *until};
}

}  // namespace punctual::http
