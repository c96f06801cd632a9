#include "net/rendering/email_address.hpp"

#include "domain/plain_text.hpp"
#include "domain/utf8.hpp"

#include <unicode/idna.h>

#include <algorithm>
#include <memory>

namespace punctual::net::rendering {
namespace {

bool is_letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_local_part(std::string_view text) {
    if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.' || text.contains("..")) {
        return false;
    }
    while (!text.empty()) {
        const auto next = domain::utf8::decode(text);
        const char c = text.front();
        const bool wanted =
            next.code_point >= 0x80
                ? next.valid && next.code_point > 0xA0 && next.code_point != 0x2028 && next.code_point != 0x2029
                : is_letter_or_digit(c) || std::string_view{"!#$%&'*+-/=?^_`{|}~."}.contains(c);
        if (!wanted) {
            return false;
        }
        text.remove_prefix(next.length);
    }
    return true;
}

bool is_label(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

// A single label is no public domain; localhost is somebody's own machine.
bool is_domain(std::string_view text) noexcept {
    if (text == "localhost") {
        return true;
    }
    if (text.size() > 253 || !text.contains('.')) {
        return false;
    }
    const auto top = text.substr(text.rfind('.') + 1);
    if (std::ranges::all_of(top, [](char c) { return c >= '0' && c <= '9'; })) {
        return false;  // an address, not a name
    }
    while (true) {
        const auto end = std::min(text.find('.'), text.size());
        if (!is_label(text.substr(0, end))) {
            return false;
        }
        if (end == text.size()) {
            return true;
        }
        text.remove_prefix(end + 1);
    }
}

std::string ascii_domain(std::string_view text) {
    if (domain::utf8::is_ascii(text)) {
        return std::string{text};
    }
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::IDNA> rules{
        icu::IDNA::createUTS46Instance(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI, status)};
    if (U_FAILURE(status) != 0) {
        return {};
    }
    std::string out;
    icu::StringByteSink<std::string> sink{&out};
    icu::IDNAInfo info;
    rules->nameToASCII_UTF8(icu::StringPiece{text.data(), static_cast<int32_t>(text.size())}, sink, info, status);
    return U_FAILURE(status) != 0 || info.hasErrors() != 0 ? std::string{} : out;
}

}  // namespace

std::optional<std::string> mailable(std::string_view written) {
    const auto text = trimmed(written);
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || text.size() > 320) {
        return std::nullopt;
    }
    const auto local = text.substr(0, at);
    const auto host = ascii_domain(text.substr(at + 1));
    // RFC 5321 §4.5.3.1.3: a path of 256 octets with its brackets.
    if (!is_local_part(local) || !is_domain(host) || local.size() + 1 + host.size() > 254) {
        return std::nullopt;
    }
    return std::string{local} + "@" + host;
}

std::optional<domain::mailbox> parse_mailbox(std::string_view written) {
    const auto text = trimmed(written);
    if (!text.ends_with('>')) {
        auto address = mailable(text);
        return address ? std::optional{domain::mailbox{{}, std::move(*address)}} : std::nullopt;
    }
    const auto open = text.rfind('<');
    if (open == std::string_view::npos) {
        return std::nullopt;
    }
    auto address = mailable(text.substr(open + 1, text.size() - open - 2));
    auto name = trimmed(text.substr(0, open));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
    }
    if (!address) {
        return std::nullopt;
    }
    return domain::mailbox{domain::clean_line(name), std::move(*address)};
}

std::string_view domain_of(std::string_view address) noexcept {
    const auto at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

}  // namespace punctual::net::rendering
