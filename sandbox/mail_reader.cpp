#include "sandbox/mail_reader.hpp"

#include "sandbox/crypto.hpp"
#include "sandbox/form.hpp"

#include <algorithm>
#include <cctype>

namespace punctual::sandbox {
namespace {

constexpr int deepest_part = 8;

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t\r\n");
    return from == std::string_view::npos ? std::string_view{}
                                          : text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

// Takes a line with its end off `rest`; the line comes without it.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

// Leaves the body in `raw`.
mail_headers take_headers(std::string_view& raw) {
    mail_headers headers;
    while (!raw.empty()) {
        const auto line = take_line(raw);
        if (line.empty()) {
            break;
        }
        if ((line.front() == ' ' || line.front() == '\t') && !headers.empty()) {
            headers.back().second += line;
            continue;
        }
        const auto colon = line.find(':');
        if (colon != std::string_view::npos) {
            headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
        }
    }
    return headers;
}

std::string raw_header(const mail_headers& headers, std::string_view name) {
    const auto wanted = lower(name);
    const auto at = std::ranges::find_if(headers, [&](const auto& each) { return lower(each.first) == wanted; });
    return at == headers.end() ? std::string{} : at->second;
}

// boundary="…" of a Content-Type.
std::string parameter(std::string_view header, std::string_view name) {
    const auto at = lower(header).find(std::string{name} + "=");
    if (at == std::string::npos) {
        return {};
    }
    auto value = header.substr(at + name.size() + 1);
    if (value.starts_with('"')) {
        value.remove_prefix(1);
        return std::string{value.substr(0, value.find('"'))};
    }
    return std::string{trimmed(value.substr(0, value.find_first_of("; \t")))};
}

int hex_digit(char c) {
    const auto at =
        std::string_view{"0123456789abcdef"}.find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string decode_quoted_printable(std::string_view text, bool in_header) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (in_header && text[i] == '_') {
            out += ' ';
        } else if (text[i] != '=') {
            out += text[i];
        } else if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else if (text.substr(i + 1).starts_with("\r\n")) {
            i += 2;
        } else if (text.substr(i + 1).starts_with("\n")) {
            i += 1;
        } else {
            out += '=';
        }
    }
    return out;
}

std::string decode_base64_lines(std::string_view text) {
    std::string joined;
    std::ranges::copy_if(text, std::back_inserter(joined), [](unsigned char c) { return std::isspace(c) == 0; });
    return base64_decode(joined).value_or(std::string{text});
}

std::string to_utf8(std::string text, std::string_view charset) {
    const bool latin = charset == "iso-8859-1" || charset == "windows-1252";
    if (!latin && is_utf8(text)) {
        return text;
    }
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xC0U | (byte >> 6U));
            out += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return out;
}

void read_part(std::string_view part, int depth, readable_mail& into);

void read_multipart(std::string_view body, const std::string& boundary, int depth, readable_mail& into) {
    const auto delimiter = "--" + boundary;
    std::size_t from = std::string_view::npos;  // where the current part begins
    std::string_view rest = body;
    while (!rest.empty()) {
        const auto at = static_cast<std::size_t>(rest.data() - body.data());
        const auto line = trimmed(take_line(rest));
        if (!line.starts_with(delimiter)) {
            continue;
        }
        if (from != std::string_view::npos) {
            auto part = body.substr(from, at - from);
            // The line end before a delimiter belongs to the delimiter.
            if (part.ends_with("\r\n")) {
                part.remove_suffix(2);
            } else if (part.ends_with('\n')) {
                part.remove_suffix(1);
            }
            read_part(part, depth + 1, into);
        }
        if (line == delimiter + "--") {
            return;
        }
        from = static_cast<std::size_t>(rest.data() - body.data());
    }
}

void read_part(std::string_view part, int depth, readable_mail& into) {
    const auto headers = take_headers(part);
    const auto content_type = raw_header(headers, "Content-Type");
    const auto type = lower(trimmed(std::string_view{content_type}.substr(0, content_type.find(';'))));
    if (type.starts_with("multipart/")) {
        if (const auto boundary = parameter(content_type, "boundary"); !boundary.empty() && depth < deepest_part) {
            read_multipart(part, boundary, depth, into);
        }
        return;
    }
    std::string* slot = type == "text/html"                    ? &into.html
                        : type == "text/calendar"              ? &into.calendar
                        : type.empty() || type == "text/plain" ? &into.text
                                                               : nullptr;
    if (slot == nullptr || !slot->empty()) {
        return;
    }
    const auto encoding = lower(raw_header(headers, "Content-Transfer-Encoding"));
    std::string text = encoding == "base64"             ? decode_base64_lines(part)
                       : encoding == "quoted-printable" ? decode_quoted_printable(part, false)
                                                        : std::string{part};
    *slot = to_utf8(std::move(text), lower(parameter(content_type, "charset")));
}

// One =?charset?encoding?text?= at the front of `text`; its length in `length`, 0 when there is none.
std::string decode_word(std::string_view text, std::size_t& length) {
    length = 0;
    const auto charset_end = text.find('?', 2);
    const auto encoding_end = charset_end == std::string_view::npos ? charset_end : text.find('?', charset_end + 1);
    const auto end = encoding_end == std::string_view::npos ? encoding_end : text.find("?=", encoding_end + 1);
    if (!text.starts_with("=?") || end == std::string_view::npos) {
        return {};
    }
    const auto encoding = lower(text.substr(charset_end + 1, encoding_end - charset_end - 1));
    const auto content = text.substr(encoding_end + 1, end - encoding_end - 1);
    if (encoding != "b" && encoding != "q") {
        return {};
    }
    length = end + 2;
    auto decoded = encoding == "b" ? decode_base64_lines(content) : decode_quoted_printable(content, true);
    return decoded;
}

}  // namespace

std::string decode_words(std::string_view text) {
    std::string out;
    std::string charset;
    bool after_word = false;
    while (!text.empty()) {
        std::size_t length = 0;
        // White space between two encoded words is not shown.
        const auto blank = text.find_first_not_of(" \t");
        const auto ahead = after_word && blank != std::string_view::npos ? text.substr(blank) : text;
        const auto word = decode_word(ahead, length);
        if (length > 0) {
            out += word;
            charset = lower(ahead.substr(2, ahead.find('?', 2) - 2));
            text = ahead.substr(length);
            after_word = true;
        } else {
            out += text.front();
            text.remove_prefix(1);
            after_word = false;
        }
    }
    return charset.empty() ? out : to_utf8(std::move(out), charset);
}

mail_headers read_mail_headers(std::string_view raw) {
    return take_headers(raw);
}

std::string mail_header(const mail_headers& headers, std::string_view name) {
    return decode_words(raw_header(headers, name));
}

readable_mail read_mail(std::string_view raw) {
    readable_mail mail;
    mail.headers = read_mail_headers(raw);
    for (auto& [name, value] : mail.headers) {
        value = decode_words(value);
    }
    read_part(raw, 0, mail);
    return mail;
}

}  // namespace punctual::sandbox
