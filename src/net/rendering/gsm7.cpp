#include "net/rendering/gsm7.hpp"

#include "domain/utf8.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <optional>

namespace punctual::net::rendering {
namespace {

namespace utf8 = domain::utf8;

constexpr std::u32string_view basic =
    U"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    U"abcdefghijklmnopqrstuvwxyzäöñüà";
constexpr std::u32string_view extension = U"\f^{}\\[~]|€";

// Septets a character takes; 0 outside the alphabet.
std::size_t septets(char32_t c) noexcept {
    if (basic.contains(c)) {
        return 1;
    }
    return extension.contains(c) ? 2 : 0;
}

std::optional<std::string_view> plain_form(char32_t c) noexcept {
    switch (c) {
        case 0x2018:
        case 0x2019:
        case 0x201B:
        case 0x02BC:
        case 0x2032:
        case 0x00B4:
        case 0x0060:
            return "'";
        case 0x201C:
        case 0x201D:
        case 0x201E:
        case 0x00AB:
        case 0x00BB:
        case 0x2033:
            return "\"";
        case 0x2010:
        case 0x2011:
        case 0x2012:
        case 0x2013:
        case 0x2014:
        case 0x2015:
        case 0x2212:
            return "-";
        case 0x2026:
            return "...";
        case 0x00A0:
        case 0x2009:
        case 0x200A:
        case 0x202F:
        case 0x2007:
        case 0x0009:
            return " ";
        case 0x2022:
        case 0x00B7:
            return "-";
        case 0x00AD:
        case 0x200B:
        case 0x200D:
        case 0x200E:
        case 0x200F:
        case 0xFE0F:
            return "";
        case 0x0141:
            return "L";
        case 0x0142:
            return "l";
        case 0x0110:
            return "D";
        case 0x0111:
            return "d";
        case 0x0131:
            return "i";
        case 0x0152:
            return "OE";
        case 0x0153:
            return "oe";
        default:
            return std::nullopt;
    }
}

// The letter without its accents, when that leaves one of the alphabet.
std::optional<char32_t> without_accents(char32_t c) {
    UErrorCode status = U_ZERO_ERROR;
    const auto* const canonical = icu::Normalizer2::getNFDInstance(status);
    icu::UnicodeString parts;
    if (U_FAILURE(status) != 0 || canonical->getDecomposition(static_cast<UChar32>(c), parts) == 0) {
        return std::nullopt;
    }
    const auto base = static_cast<char32_t>(parts.char32At(0));
    return septets(base) > 0 ? std::optional{base} : std::nullopt;
}

bool is_picture(char32_t c) noexcept {
    const auto point = static_cast<UChar32>(c);
    const auto type = u_charType(point);
    return u_hasBinaryProperty(point, UCHAR_EMOJI_PRESENTATION) != 0 || type == U_OTHER_SYMBOL ||
           type == U_MODIFIER_SYMBOL || type == U_NON_SPACING_MARK;
}

}  // namespace

bool is_gsm7(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto next = utf8::decode(text);
        if (!next.valid || septets(next.code_point) == 0) {
            return false;
        }
        text.remove_prefix(next.length);
    }
    return true;
}

std::size_t sms_segments(std::string_view text) noexcept {
    const bool short_alphabet = is_gsm7(text);
    const std::size_t alone = short_alphabet ? 160 : 70;
    const std::size_t each = short_alphabet ? 153 : 67;
    std::size_t total = 0;     // units
    std::size_t segments = 1;  // if concatenated
    std::size_t used = 0;      // of the last segment; no character is split between two
    while (!text.empty()) {
        const auto next = utf8::decode(text);
        const std::size_t width = short_alphabet ? septets(next.code_point) : next.code_point > 0xFFFF ? 2 : 1;
        total += width;
        if (used + width > each) {
            ++segments;
            used = 0;
        }
        used += width;
        text.remove_prefix(next.length);
    }
    return total == 0 ? 0 : total <= alone ? 1 : segments;
}

std::string for_sms(std::string_view text) {
    std::string out;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto next = utf8::decode(rest);
        rest.remove_prefix(next.length);
        if (septets(next.code_point) > 0) {
            utf8::append(out, next.code_point);
        } else if (const auto plain = plain_form(next.code_point)) {
            out += *plain;
        } else if (const auto letter = without_accents(next.code_point)) {
            utf8::append(out, *letter);
        } else if (!is_picture(next.code_point)) {
            return utf8::repair(text);
        }
    }
    return out;
}

}  // namespace punctual::net::rendering
