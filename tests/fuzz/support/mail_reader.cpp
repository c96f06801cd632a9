#include "support/mail_reader.hpp"

#include "domain/utf8.hpp"

namespace punctual::fuzz {
namespace {

constexpr std::size_t longest_line = 998;
constexpr std::size_t longest_body_line = 76;

// The line before the first CRLF, which is taken too.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find("\r\n");
    require(end != std::string_view::npos, "a line ends with CRLF");
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 2);
    require(!line.contains('\r') && !line.contains('\n') && !line.contains('\0'), "no bare CR, LF or NUL");
    require(line.size() <= longest_line, "no line is longer than 998 bytes");
    return line;
}

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

int digit_of(char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto at = digits.find(c);
    require(at != std::string_view::npos, "quoted-printable has upper-case hexadecimal digits");
    return static_cast<int>(at);
}

void read_headers(mail_part& into, std::string_view& text) {
    while (true) {
        auto line = take_line(text);
        if (line.empty()) {
            return;
        }
        if (line.front() == ' ') {
            require(!into.headers.empty(), "a block of headers begins with a name");
            require(line.find_first_not_of(' ') != std::string_view::npos, "no line of a header is blank");
            into.headers.back().second.append("\r\n").append(line);
            continue;
        }
        const auto colon = line.find(": ");
        require(colon != std::string_view::npos && colon > 0, "a header has a name and a colon");
        const auto name = line.substr(0, colon);
        require(std::ranges::all_of(name, is_name_character), "a header's name is letters");
        into.headers.emplace_back(name, line.substr(colon + 2));
    }
}

std::string boundary_of(std::string_view type) {
    constexpr std::string_view name = "boundary=\"";
    const auto at = type.find(name);
    require(at != std::string_view::npos, "a multipart names its boundary");
    const auto rest = type.substr(at + name.size());
    return std::string{rest.substr(0, rest.find('"'))};
}

mail_part read_part(std::string_view text, bool seven_bit) {
    mail_part out;
    const auto whole = text;
    read_headers(out, text);
    const auto head = whole.substr(0, whole.size() - text.size());
    const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    require(!seven_bit || std::ranges::all_of(head, ascii), "a part's headers have seven bits");
    const auto type = out.header("Content-Type");
    if (type.starts_with("multipart/")) {
        const auto delimiter = "--" + boundary_of(type);
        require(take_line(text) == delimiter, "a multipart begins with its boundary");
        std::string_view inside = text;
        while (true) {
            const auto before = inside.size();
            const auto line = take_line(inside);
            if (line == delimiter || line == delimiter + "--") {
                out.parts.push_back(read_part(text.substr(0, text.size() - before), true));
                text = inside;
                if (line != delimiter) {
                    require(text.empty(), "nothing stands behind the last boundary");
                    return out;
                }
            }
        }
    }
    for (auto rest = text; !rest.empty();) {
        const auto line = take_line(rest);
        require(line.size() <= longest_body_line, "no line of a body is longer than 76");
        require(std::ranges::all_of(line, ascii), "a body has seven bits");
    }
    const auto encoding = out.header("Content-Transfer-Encoding");
    require(encoding == "base64" || encoding == "quoted-printable", "a body is encoded");
    out.body = encoding == "base64" ? decode_base64(text) : decode_quoted_printable(text);
    return out;
}

}  // namespace

std::string_view mail_part::header(std::string_view name) const {
    const auto at = std::ranges::find(headers, name, [](const auto& one) { return std::string_view{one.first}; });
    return at == headers.end() ? std::string_view{} : std::string_view{at->second};
}

std::size_t mail_part::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::ranges::count(headers, name, [](const auto& one) { return std::string_view{one.first}; }));
}

mail_part read_mail(std::string_view text) {
    return read_part(text, false);
}

std::string decode_base64(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string letters;
    for (const char c : text) {
        if (c != '\r' && c != '\n') {
            letters.push_back(c);
        }
    }
    require(letters.size() % 4 == 0, "base64 comes in groups of four");
    std::string out;
    for (std::size_t i = 0; i < letters.size(); i += 4) {
        unsigned group = 0;
        std::size_t padding = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const auto at = digits.find(letters[i + k]);
            const bool pad = letters[i + k] == '=';
            require(at != std::string_view::npos || (pad && k >= 2 && i + 4 == letters.size()),
                    "base64 has its digits");
            require(!pad || k == 3 || letters[i + 3] == '=', "padding stands at the end");
            padding += pad ? 1U : 0U;
            group = (group << 6U) | (pad ? 0U : static_cast<unsigned>(at));
        }
        for (std::size_t k = 0; k < 3 - padding; ++k) {
            out.push_back(static_cast<char>((group >> (16U - 8U * static_cast<unsigned>(k))) & 0xFFU));
        }
    }
    return out;
}

std::string decode_quoted_printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto line = take_line(text);
        require(!line.ends_with(' ') && !line.ends_with('\t'), "no line of quoted-printable ends with a blank");
        require(!line.starts_with('.') && !line.starts_with("From "), "no line begins as a relay might change it");
        bool soft = false;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const char c = line[i];
            if (c != '=') {
                require(c == '\t' || (c >= ' ' && c <= '~'), "quoted-printable is printable");
                out.push_back(c);
            } else if (i + 1 == line.size()) {
                soft = true;
            } else {
                require(i + 2 < line.size(), "an escape has two digits");
                out.push_back(static_cast<char>(digit_of(line[i + 1]) * 16 + digit_of(line[i + 2])));
                i += 2;
            }
        }
        if (!soft) {
            out += "\r\n";
        }
        require(!soft || !text.empty(), "a soft line break has a line behind it");
    }
    return out;
}

std::string decode_words(std::string_view value) {
    std::string out;
    bool after_encoded = false;
    while (!value.empty()) {
        std::size_t blanks = 0;
        while (value.starts_with(' ') || value.starts_with("\r\n ")) {
            value.remove_prefix(value.starts_with(' ') ? 1 : 3);
            ++blanks;
        }
        const auto end = std::min(value.find(' '), value.find("\r\n "));
        const auto word = value.substr(0, end);
        value.remove_prefix(word.size());
        constexpr std::string_view opening = "=?UTF-8?B?";
        const bool encoded = word.starts_with(opening) && word.ends_with("?=") && word.size() > opening.size() + 2;
        require(encoded || !word.contains("=?"), "nothing else looks like an encoded word");
        if (blanks > 0 && !(encoded && after_encoded)) {
            out.append(out.empty() ? 0 : blanks, ' ');
        }
        if (encoded) {
            require(word.size() <= 75, "an encoded word has at most 75 characters");
            const auto text = decode_base64(word.substr(opening.size(), word.size() - opening.size() - 2));
            require(domain::utf8::repair(text) == text, "no character is split between encoded words");
            out += text;
        } else {
            out += word;
        }
        after_encoded = encoded;
    }
    return out;
}

std::string display_name(std::string_view value) {
    require(value.ends_with('>'), "a mailbox with a name has its address in brackets");
    value = value.substr(0, value.rfind('<'));
    while (value.ends_with(' ') || value.ends_with("\r\n")) {
        value.remove_suffix(value.ends_with(' ') ? 1 : 2);
    }
    if (!value.starts_with('"')) {
        return decode_words(value);
    }
    require(value.size() >= 2 && value.ends_with('"'), "a quoted name ends with its quote");
    std::string out;
    for (std::size_t i = 1; i + 1 < value.size(); ++i) {
        i += value[i] == '\\' ? 1U : 0U;
        require(i + 1 < value.size(), "the closing quote is not escaped");
        out.push_back(value[i]);
    }
    return out;
}

std::string with_crlf(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' || text[i] == '\n') {
            out += "\r\n";
            i += text.substr(i).starts_with("\r\n") ? 1 : 0;
        } else {
            out.push_back(text[i]);
        }
    }
    if (!out.empty() && !out.ends_with("\r\n")) {
        out += "\r\n";
    }
    return out;
}

std::vector<calendar_line> read_calendar(std::string_view text) {
    std::vector<calendar_line> out;
    while (!text.empty()) {
        const auto line = take_line(text);
        require(line.size() <= 75, "a content line has at most 75 octets");
        require(domain::utf8::repair(line) == line, "no character is split by a fold");
        require(std::ranges::none_of(line, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }), "no controls");
        if (line.starts_with(' ')) {
            require(!out.empty(), "a calendar begins with a name");
            out.back().whole += line.substr(1);
        } else {
            out.push_back({{}, std::string{line}, {}});
        }
    }
    for (auto& one : out) {
        bool quoted = false;
        std::size_t colon = 0;
        for (; colon < one.whole.size() && (quoted || one.whole[colon] != ':'); ++colon) {
            quoted = quoted != (one.whole[colon] == '"');
        }
        require(colon < one.whole.size(), "a content line has a value");
        const auto name = std::min(one.whole.find_first_of(";:"), colon);
        one.name = one.whole.substr(0, name);
        require(!one.name.empty() && std::ranges::all_of(one.name, is_name_character), "a property's name is letters");
        for (std::size_t i = colon + 1; i < one.whole.size(); ++i) {
            const char c = one.whole[i];
            if (c == '\\' && i + 1 < one.whole.size()) {
                ++i;
                one.value.push_back(one.whole[i] == 'n' ? '\n' : one.whole[i]);
            } else {
                one.value.push_back(c);
            }
        }
    }
    return out;
}

}  // namespace punctual::fuzz
