#pragma once
// JSON text, appended to a string (RFC 8259). For answers whose shape stands in the code; it keeps
// commas and escapes right and nothing else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::http {

class json_writer {
public:
    explicit json_writer(std::string& out) : out_{out} {}

    json_writer& begin_object();
    json_writer& begin_object(std::string_view name);
    json_writer& end_object();
    json_writer& begin_array(std::string_view name);
    json_writer& end_array();

    json_writer& field(std::string_view name, std::string_view text);
    json_writer& field(std::string_view name, const char* text) { return field(name, std::string_view{text}); }
    json_writer& field(std::string_view name, std::int64_t number);
    json_writer& field(std::string_view name, bool value);
    json_writer& null_field(std::string_view name);
    json_writer& text_or_null(std::string_view name, std::string_view text) {
        return text.empty() ? null_field(name) : field(name, text);
    }
    json_writer& value(std::string_view text);  // in an array

private:
    void name(std::string_view text);
    void comma();
    void quoted(std::string_view text);

    std::string& out_;
    bool first_ = true;  // of the object or array being written
};

}  // namespace punctual::http
