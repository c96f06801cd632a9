#include "net/twilio/access_token.hpp"

#include "domain/base64.hpp"
#include "net/crypto/hmac.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>

namespace punctual::net::twilio {

std::string make_video_token(const video_grant& grant, wall_time now, wall_time expires_at) {
    if (grant.room.empty() || grant.identity.empty()) {
        throw std::invalid_argument{"a video token needs a room and an identity"};
    }
    const auto seconds = [](wall_time when) {
        return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
    };
    const auto issued = seconds(now);
    const auto until = std::min(seconds(expires_at), seconds(now + longest_token));
    // `iat` and no `nbf`: a clock some seconds ahead of Twilio's must not make a token that is not
    // valid yet (error 20105).
    const boost::json::object claims{
        {"jti", grant.api_key + "-" + std::to_string(issued)},
        {"grants", {{"identity", grant.identity}, {"video", {{"room", grant.room}}}}},
        {"iat", issued},
        {"exp", until},
        {"iss", grant.api_key},
        {"sub", grant.account_sid},
    };
    auto token = domain::to_base64url(R"({"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1"})");
    token += '.';
    token += domain::to_base64url(boost::json::serialize(claims));
    const auto signature = hmac{digest::sha256, grant.api_secret}.mac(token);
    token += '.';
    token += domain::to_base64url(signature);
    return token;
}

}  // namespace punctual::net::twilio
