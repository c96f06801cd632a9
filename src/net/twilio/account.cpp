#include "net/twilio/account.hpp"

#include <openssl/evp.h>

#include <utility>

namespace punctual::net::twilio {

std::string authorization(const account& who) {
    const bool with_key = !who.api_key.empty() && !who.api_secret.empty();
    const auto pair = with_key ? who.api_key + ":" + who.api_secret : who.sid + ":" + who.auth_token;
    // Four characters for three bytes, and a NUL that EVP_EncodeBlock adds.
    std::string coded((pair.size() + 2) / 3 * 4 + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                        reinterpret_cast<const unsigned char*>(pair.data()), static_cast<int>(pair.size()));
    coded.resize(static_cast<std::size_t>(size));
    return "Basic " + coded;
}

https::request make_request(const account& who, https::method method, std::string target, std::string form) {
    https::request made{method, std::move(target), {}, std::move(form)};
    made.headers.emplace_back("Authorization", authorization(who));
    made.headers.emplace_back("Accept", "application/json");
    made.headers.emplace_back("User-Agent", "punctual");
    if (method == https::method::post) {
        made.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    }
    return made;
}

}  // namespace punctual::net::twilio
