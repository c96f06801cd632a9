#pragma once
// Bearer tokens of the clinic's front end: JWT (RFC 7519), HS256 with SECRET_KEY and nothing else, as
// Django's SimpleJWT makes them. The algorithm is ours, never the token's choice; `kid`, `jku`, `jwk`
// are not looked at. Why a token was refused is not told.

#include "domain/time.hpp"
#include "domain/vocabulary.hpp"
#include "net/crypto/hmac.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace punctual::http {

struct bearer_claims {
    domain::person_id user = 0;
    std::int64_t not_before = 0;  // unix seconds
    std::int64_t expires = 0;     // the token is good before it
};

class bearer_verifier {
public:
    explicit bearer_verifier(std::string_view secret_key);

    // The person named by an Authorization header, or nothing. Whether that person exists, what they
    // may do and whether they are active is the database's to say.
    [[nodiscard]] std::optional<domain::person_id> verify(std::string_view authorization, wall_time now);

private:
    [[nodiscard]] std::optional<bearer_claims> check(std::string_view token) const;

    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    net::hmac key_;
    // Tokens whose signature was found good; a front end sends the same one many times.
    std::unordered_map<std::string, bearer_claims, text_hash, std::equal_to<>> verified_;
};

}  // namespace punctual::http
