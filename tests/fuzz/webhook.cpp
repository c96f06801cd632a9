// Twilio's webhooks (src/net/twilio/signature.hpp, form.hpp). Input: URL, body, signature, separated by 0x1e.

#include "domain/percent_encoding.hpp"
#include "net/twilio/form.hpp"
#include "net/twilio/signature.hpp"
#include "support/input.hpp"

#include <string>

namespace punctual::fuzz {

using namespace net::twilio;

void try_input(std::string_view bytes) {
    constexpr std::string_view token = "0123456789abcdef0123456789abcdef";
    fields input{bytes};
    const auto url = input.next();
    const auto body = input.next();
    const auto signature = input.next();

    const auto encoded = domain::percent_encode(body);
    require(std::ranges::all_of(encoded, [](char c) { return c > ' ' && c < 0x7f && c != '&' && c != '='; }),
            "an encoded text has no character with a meaning");
    require(domain::percent_decode(encoded, true) == std::string{body}, "what is encoded is decoded, as a form");
    require(domain::percent_decode(encoded, false) == std::string{body}, "and as a path");

    // Nobody can guess one.
    require(!is_signed_by_twilio(token, {url, body, true, signature}), "a signature that Twilio did not make");
    require(!is_signed_by_twilio(token, {url, body, false, signature}), "nor for a body that is no form");

    const auto form = parse_form(body);
    if (!form) {
        return;
    }
    net::twilio::form written;
    for (const auto& [name, value] : *form) {
        written.add(name, value);
        require(!find_field(*form, name).empty() || value.empty() || name.empty() ||
                    std::ranges::count(*form, name, &form_fields::value_type::first) > 1,
                "a field that is there is found");
    }
    require(parse_form(written.str()) == form, "a form that is written again is the same form");

    const auto right = sign_request(token, url, *form);
    require(is_signed_by_twilio(token, {url, written.str(), true, right}) ==
                is_signed_by_twilio(token, {url, body, true, right}),
            "how a form is spelt does not matter");
    require(!is_signed_by_twilio("", {url, body, true, right}), "no token, no pass");
    require(!is_signed_by_twilio("another token", {url, body, true, right}), "another token, no pass");
    auto more = *form;
    more.emplace_back("Zzz", "added");
    require(sign_request(token, url, more) != right, "a field more is another signature");
}

}  // namespace punctual::fuzz
