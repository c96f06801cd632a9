// Addresses and phone numbers as people write them (src/net/rendering/email_address.hpp, phone_number.hpp), and
// the alphabet of SMS (gsm7.hpp).

#include "domain/utf8.hpp"
#include "net/rendering/email_address.hpp"
#include "net/rendering/gsm7.hpp"
#include "net/rendering/phone_number.hpp"
#include "net/smtp/envelope.hpp"
#include "support/input.hpp"

#include <string>

namespace punctual::fuzz {

using namespace net::rendering;

void try_input(std::string_view bytes) {
    if (const auto address = mailable(bytes)) {
        require(address->size() <= 254 && net::smtp::is_address(*address), "what can be mailed, the envelope takes");
        require(mailable(*address) == address, "and it stays as it is");
        require(net::smtp::is_ascii(domain_of(*address)), "its domain is in ASCII");
    }
    if (const auto box = parse_mailbox(bytes)) {
        require(mailable(box->address) == box->address, "a mailbox can be mailed");
        require(!box->name.contains('\r') && !box->name.contains('\n'), "its name is one line");
    }
    for (const std::string_view region : {"AU", "US", "DE"}) {
        const auto number = parse_phone(bytes, region);
        if (!number) {
            continue;
        }
        require(number->size() >= 5 && number->size() <= 16 && number->starts_with('+') && (*number)[1] != '0' &&
                    number->find_first_not_of("0123456789", 1) == std::string::npos,
                "a number is E.164");
        require(parse_phone(*number, region) == number, "and stays as it is");
        require(parse_phone(*number, "AU") == number, "wherever it is read");
    }
    const auto text = domain::utf8::repair(bytes);
    const auto sms = for_sms(text);
    require(domain::utf8::repair(sms) == sms, "a text stays text");
    require(for_sms(sms) == sms, "and is made fit once");
    require(!is_gsm7(text) || is_gsm7(sms), "what was in the alphabet stays in it");
    require(sms_segments(sms) <= sms_segments(text) || !is_gsm7(sms), "and is no longer for it");
    require((sms_segments(text) == 0) == text.empty(), "an empty text is no message");
}

}  // namespace punctual::fuzz
