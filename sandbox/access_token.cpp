#include "sandbox/access_token.hpp"

#include "sandbox/crypto.hpp"

#include <boost/json/parse.hpp>

#include <optional>

namespace punctual::sandbox {
namespace {

namespace json = boost::json;

auto refused(int code, std::string why) {
    return refuse(code, std::move(why), 401);
}

std::optional<json::object> decode_part(std::string_view part) {
    const auto text = base64_decode(part, true);
    if (!text || part.ends_with('=')) {
        return std::nullopt;
    }
    boost::system::error_code ec;
    auto value = json::parse(*text, ec);
    if (ec || !value.is_object()) {
        return std::nullopt;
    }
    return std::move(value.get_object());
}

std::string text_of(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::optional<wall_time> time_of(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    // What does not fit into a clock of microseconds is no time.
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0 || value->get_int64() > 100'000'000'000) {
        return std::nullopt;
    }
    return wall_time{std::chrono::seconds{value->get_int64()}};
}

bool same(std::string_view left, std::string_view right) {
    unsigned difference = left.size() == right.size() ? 0 : 1;
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i]));
    }
    return difference == 0;
}

}  // namespace

api_result<token_grants> verify_access_token(std::string_view token, const account& of, wall_time now) {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
        return refused(20101, "Invalid Access Token");
    }
    const auto header = decode_part(token.substr(0, first));
    const auto claims = decode_part(token.substr(first + 1, second - first - 1));
    const auto signature = base64_decode(token.substr(second + 1), true);
    if (!header || !claims || !signature) {
        return refused(20101, "Invalid Access Token");
    }
    if (text_of(*header, "cty") != "twilio-fpa;v=1" || text_of(*header, "alg") != "HS256" ||
        text_of(*header, "typ") != "JWT") {
        return refused(20102, "Invalid Access Token header");
    }
    if (text_of(*claims, "iss") != of.api_key || text_of(*claims, "sub") != of.sid) {
        return refused(20103, "Invalid Access Token issuer/subject");
    }
    if (!same(*signature, hmac_sha256(of.api_secret, token.substr(0, second)))) {
        return refused(20107, "Invalid Access Token signature");
    }
    const auto expires = time_of(*claims, "exp");
    if (!expires || *expires <= now || *expires - now > std::chrono::hours{24}) {
        return refused(20104, "Access Token expired or expiration date invalid");
    }
    const auto not_before = claims->contains("nbf") ? time_of(*claims, "nbf") : wall_time{};
    if (!not_before || *not_before > now) {
        return refused(20105, "Access Token not yet valid");
    }
    const auto* grants = claims->if_contains("grants");
    const auto* video = grants != nullptr && grants->is_object() ? grants->get_object().if_contains("video") : nullptr;
    if (video == nullptr || !video->is_object()) {
        return refused(20106, "Invalid Access Token grants");
    }
    token_grants given;
    given.identity = text_of(grants->get_object(), "identity");
    given.room = text_of(video->get_object(), "room");
    given.expires_at = *expires;
    if (given.identity.empty()) {
        return refused(20106, "Invalid Access Token grants");
    }
    return given;
}

}  // namespace punctual::sandbox
