#include "sandbox/message_request.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdint>

namespace punctual::sandbox {
namespace {

constexpr std::string_view whatsapp_prefix = "whatsapp:";

bool is_whatsapp(std::string_view address) noexcept {
    return address.starts_with(whatsapp_prefix);
}

// An alphanumeric sender: up to 11 characters, at least one letter.
bool is_sender_name(std::string_view text) noexcept {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !text.empty() && text.size() <= 11 && std::ranges::any_of(text, letter) &&
           std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == ' '; });
}

api_result<> check_addresses(const text_message& what) {
    if (what.to.empty()) {
        return refuse(21604, "A 'To' phone number is required.");
    }
    if (what.from.empty() && what.messaging_service_sid.empty()) {
        return refuse(21603, "A 'From' phone number is required.");
    }
    if (!is_e164(bare_number(what.to))) {
        return refuse(21211, "The 'To' number is not a valid phone number.");
    }
    if (!what.messaging_service_sid.empty() && !is_sid(what.messaging_service_sid, "MG")) {
        return refuse(21701, "The Messaging Service does not exist.");
    }
    if (what.from.empty()) {
        return {};
    }
    if (is_whatsapp(what.from) != is_whatsapp(what.to)) {
        return refuse(21910, "Invalid From and To pair. From and To should be of the same channel");
    }
    const bool number = is_e164(bare_number(what.from));
    if (is_whatsapp(what.from) && !number) {
        return refuse(63007, "Twilio could not find a Channel with the specified From address");
    }
    if (!number && !is_sender_name(what.from)) {
        return refuse(21212, "The 'From' number is not a valid phone number, shortcode or sender ID.");
    }
    if (what.from == what.to) {
        return refuse(21266, "'To' and 'From' number cannot be the same.");
    }
    return {};
}

api_result<> check_content(const form& fields, const text_message& what) {
    if (what.body.empty() && what.content_sid.empty() && value_of(fields, "MediaUrl").empty()) {
        return refuse(21602, "Message body is required.");
    }
    if (!is_utf8(what.body)) {
        return refuse(21619, "The message body is not valid UTF-8.");
    }
    if (code_points(what.body) > 1600) {
        return refuse(21617, "The concatenated message body exceeds the 1600 character limit");
    }
    if (!what.content_sid.empty() && !is_sid(what.content_sid, "HX")) {
        return refuse(21655, "The ContentSid is Invalid");
    }
    if (!what.content_variables.empty() && !parse_content_variables(what.content_variables)) {
        return refuse(21656, "The ContentVariables Parameter is invalid");
    }
    return {};
}

api_result<> read_delivery_terms(const form& fields, text_message& into) {
    if (!into.status_callback.empty() && !is_callback_url(into.status_callback)) {
        return refuse(21609, "The 'StatusCallback' URL is not a valid URL.");
    }
    const auto validity = value_of(fields, "ValidityPeriod");
    if (validity.empty()) {
        return {};
    }
    const auto seconds = parse_number(validity);
    if (!seconds || *seconds == 0) {
        return refuse(90014, "Validity Period should be positive integer");
    }
    if (*seconds > 36'000) {
        return refuse(90007, "Invalid validity period value");
    }
    into.validity = *seconds;
    return {};
}

bool is_gsm_basic(std::uint32_t point) noexcept {
    constexpr std::u32string_view beyond_ascii = U"£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
    if (point < 0x80) {
        return point == '\n' || point == '\r' || (point >= 0x20 && point != '`' && point != 0x7F);
    }
    return beyond_ascii.find(static_cast<char32_t>(point)) != std::u32string_view::npos;
}

// These take two septets each.
bool is_gsm_extended(std::uint32_t point) noexcept {
    constexpr std::u32string_view extended = U"^{}\\[~]|€";
    return extended.find(static_cast<char32_t>(point)) != std::u32string_view::npos;
}

std::u32string decode_utf8(std::string_view text) {
    std::u32string points;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) == 0x80U) {
            points.back() = static_cast<char32_t>((static_cast<std::uint32_t>(points.back()) << 6U) | (byte & 0x3FU));
        } else {
            points += static_cast<char32_t>(byte < 0x80U ? byte
                                                         : byte & (byte < 0xE0U   ? 0x1FU
                                                                   : byte < 0xF0U ? 0x0FU
                                                                                  : 7U));
        }
    }
    return points;
}

}  // namespace

bool is_e164(std::string_view number) noexcept {
    return number.size() >= 8 && number.size() <= 16 && number[0] == '+' && number[1] != '0' &&
           std::ranges::all_of(number.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view bare_number(std::string_view address) noexcept {
    return is_whatsapp(address) ? address.substr(whatsapp_prefix.size()) : address;
}

std::size_t sms_segments(std::string_view text) {
    if (text.empty() || !is_utf8(text)) {
        return 1;
    }
    std::size_t septets = 0;
    std::size_t utf16 = 0;
    bool gsm = true;
    for (const auto point : decode_utf8(text)) {
        const bool extended = is_gsm_extended(point);
        gsm = gsm && (extended || is_gsm_basic(point));
        septets += extended ? 2 : 1;
        utf16 += point > 0xFFFF ? 2 : 1;
    }
    const auto count = [](std::size_t units, std::size_t single, std::size_t part) {
        return units <= single ? std::size_t{1} : (units + part - 1) / part;
    };
    return gsm ? count(septets, 160, 153) : count(utf16, 70, 67);
}

std::optional<form> parse_content_variables(std::string_view json) {
    boost::system::error_code ec;
    const auto value = boost::json::parse(json, ec);
    if (ec || !value.is_object()) {
        return std::nullopt;
    }
    form variables;
    for (const auto& [name, text] : value.get_object()) {
        if (!text.is_string()) {
            return std::nullopt;
        }
        const auto& string = text.get_string();
        variables.emplace_back(std::string{name}, std::string{string.data(), string.size()});
    }
    return variables;
}

api_result<text_message> read_message_request(const form& fields) {
    text_message what;
    what.to = value_of(fields, "To");
    what.from = value_of(fields, "From");
    what.messaging_service_sid = value_of(fields, "MessagingServiceSid");
    what.body = value_of(fields, "Body");
    what.content_sid = value_of(fields, "ContentSid");
    what.content_variables = value_of(fields, "ContentVariables");
    what.status_callback = value_of(fields, "StatusCallback");
    what.channel = is_whatsapp(what.to) ? domain::channel::whatsapp : domain::channel::sms;
    auto checked = check_addresses(what);
    if (checked) {
        checked = check_content(fields, what);
    }
    if (checked) {
        checked = read_delivery_terms(fields, what);
    }
    if (!checked) {
        return std::unexpected{checked.error()};
    }
    return what;
}

}  // namespace punctual::sandbox
