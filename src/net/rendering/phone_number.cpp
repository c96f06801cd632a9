#include "net/rendering/phone_number.hpp"

#include <phonenumbers/phonenumberutil.h>

#include <set>

namespace punctual::net::rendering {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

std::expected<std::string, phone_fault> parse_phone(std::string_view written, std::string_view region) {
    if (written.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return std::unexpected{phone_fault::missing};
    }
    const auto& util = *PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    // The library takes anything up to 250 characters and finds a number in it; a text with letters in
    // it ("call 0412 345 678 after six") or a line end is no number that anybody should be sent to.
    if (written.size() > 40 || written.find_first_of("\r\n") != std::string_view::npos || written.contains('\0') ||
        util.Parse(std::string{written}, std::string{region}, &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
        !util.IsValidNumber(number)) {
        return std::unexpected{phone_fault::invalid};
    }
    if (number.has_extension()) {
        return std::unexpected{phone_fault::landline};
    }
    switch (util.GetNumberType(number)) {
        case PhoneNumberUtil::MOBILE:
        case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
        case PhoneNumberUtil::PERSONAL_NUMBER:
        case PhoneNumberUtil::VOIP:
        case PhoneNumberUtil::UNKNOWN:
            break;
        default:
            return std::unexpected{phone_fault::landline};
    }
    std::string out;
    util.Format(number, PhoneNumberUtil::E164, &out);
    return out;
}

bool is_phone_region(std::string_view region) {
    std::set<std::string> regions;
    PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
    return regions.contains(std::string{region});
}

}  // namespace punctual::net::rendering
