#include "http/json_writer.hpp"

#include <charconv>

namespace punctual::http {

void json_writer::comma() {
    if (!first_) {
        out_ += ',';
    }
    first_ = false;
}

void json_writer::quoted(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    out_ += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                out_ += "\\\"";
                break;
            case '\\':
                out_ += "\\\\";
                break;
            case '\n':
                out_ += "\\n";
                break;
            case '\r':
                out_ += "\\r";
                break;
            case '\t':
                out_ += "\\t";
                break;
            default:
                if (const auto byte = static_cast<unsigned char>(c); byte < 0x20) {
                    out_ += "\\u00";
                    out_ += digits[byte >> 4U];
                    out_ += digits[byte & 15U];
                } else {
                    out_ += c;
                }
        }
    }
    out_ += '"';
}

void json_writer::name(std::string_view text) {
    comma();
    quoted(text);
    out_ += ':';
}

json_writer& json_writer::begin_object() {
    comma();
    out_ += '{';
    first_ = true;
    return *this;
}
json_writer& json_writer::begin_object(std::string_view text) {
    name(text);
    out_ += '{';
    first_ = true;
    return *this;
}
json_writer& json_writer::end_object() {
    out_ += '}';
    first_ = false;
    return *this;
}
json_writer& json_writer::begin_array(std::string_view text) {
    name(text);
    out_ += '[';
    first_ = true;
    return *this;
}
json_writer& json_writer::end_array() {
    out_ += ']';
    first_ = false;
    return *this;
}
json_writer& json_writer::field(std::string_view key, std::string_view text) {
    name(key);
    quoted(text);
    return *this;
}
json_writer& json_writer::field(std::string_view key, std::int64_t number) {
    name(key);
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out_.append(digits, end);
    return *this;
}
json_writer& json_writer::field(std::string_view key, bool value) {
    name(key);
    out_ += value ? "true" : "false";
    return *this;
}
json_writer& json_writer::null_field(std::string_view key) {
    name(key);
    out_ += "null";
    return *this;
}
json_writer& json_writer::value(std::string_view text) {
    comma();
    quoted(text);
    return *this;
}

}  // namespace punctual::http
