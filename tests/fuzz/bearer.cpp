// Bearer tokens (src/http/bearer.hpp). Input: header JSON, claims JSON, a whole Authorization header, separated
// by 0x1e. The first two are signed with the right key and with a wrong one; the third is tried as it is.

#include "http/bearer.hpp"
#include "domain/base64.hpp"
#include "net/crypto/hmac.hpp"
#include "support/input.hpp"

#include <boost/json/parse.hpp>

#include <string>

namespace punctual::fuzz {
namespace {

constexpr std::string_view key = "a key of the front end's tokens";
constexpr wall_time now{std::chrono::seconds{1'796'086'800}};

std::string signed_with(std::string_view secret, std::string_view head, std::string_view claims) {
    const auto text = domain::to_base64url(head) + "." + domain::to_base64url(claims);
    return "Bearer " + text + "." + domain::to_base64url(net::hmac{net::digest::sha256, secret}.mac(text));
}

}  // namespace

void try_input(std::string_view bytes) {
    fields input{bytes};
    const auto head = input.next();
    const auto claims = input.next();
    const auto raw = input.next();

    http::bearer_verifier verifier{key};
    require(!verifier.verify(signed_with("another key of the front end", head, claims), now), "a wrong key");
    // Nobody can guess a signature: whatever the fuzzer writes is none.
    require(!verifier.verify(raw, now), "a token that we did not sign");

    auto token = signed_with(key, head, claims);
    const auto who = verifier.verify(token, now);
    require(verifier.verify(token, now) == who, "asked again it says the same");
    if (who) {
        require(*who > 0, "a person has a number");
        boost::system::error_code ec;
        const auto value = boost::json::parse(claims, ec);
        require(!ec && value.is_object(), "claims are an object");
        const auto* type = value.get_object().if_contains("token_type");
        require(type != nullptr && type->is_string() && type->get_string() == "access", "an access token");
        const auto* expires = value.get_object().if_contains("exp");
        require(expires != nullptr && expires->is_number(), "it has an end");
        const auto top = boost::json::parse(head, ec);
        require(!ec && top.is_object() && top.get_object().at("alg") == "HS256", "the algorithm is ours");
        if (expires->is_int64()) {
            require(expires->get_int64() > now.time_since_epoch() / std::chrono::seconds{1}, "and it is ahead");
            const auto end = std::chrono::seconds{std::min<std::int64_t>(expires->get_int64(), 1LL << 40)};
            require(expires->get_int64() > (1LL << 40) || !verifier.verify(token, wall_time{end}), "past it, no more");
        }
    }
    token.back() = token.back() == 'A' ? 'B' : 'A';
    require(!verifier.verify(token, now), "a signature with another end");
}

}  // namespace punctual::fuzz
