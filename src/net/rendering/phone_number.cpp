#include "net/rendering/phone_number.hpp"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>

namespace punctual::net::rendering {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

// PhoneNumberUtil::GetSupportedRegions(). Here because the library reads the numbering plans of all of them (3 MB) at
// its first use: a daemon that sends no texts never does.
constexpr std::string_view phone_regions =
    "AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS "
    "BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG "
    "EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT "
    "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR "
    "LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF "
    "NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD "
    "SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

}  // namespace

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

bool is_phone_region(std::string_view region) noexcept {
    for (auto rest = phone_regions; rest.size() >= 2; rest.remove_prefix(std::min<std::size_t>(3, rest.size()))) {
        if (rest.substr(0, 2) == region) {
            return true;
        }
    }
    return false;
}

}  // namespace punctual::net::rendering
