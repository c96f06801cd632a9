#include "net/postgres/database.hpp"
#include "net/postgres/time_text.hpp"

namespace punctual::net::postgres {
namespace {

void append(std::string& literal, std::int64_t number) {
    literal += std::to_string(number);
}

void append(std::string& literal, wall_time when) {
    literal += '"';
    literal += write_time(when);
    literal += '"';
}

// Every text element is quoted: unquoted, the word null would be a null and blanks would be lost
// (Postgres manual, 8.15.2).
void append(std::string& literal, const std::string& text) {
    literal += '"';
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            literal += '\\';
        }
        literal += letter;
    }
    literal += '"';
}

template <class Value>
void append(std::string& literal, const std::optional<Value>& value) {
    if (value) {
        append(literal, *value);
    } else {
        literal += "NULL";
    }
}

template <class Values>
std::string array_literal(const Values& values) {
    std::string literal{"{"};
    for (const auto& value : values) {
        if (literal.size() > 1) {
            literal += ',';
        }
        append(literal, value);
    }
    literal += '}';
    return literal;
}

}  // namespace

parameters& parameters::add(std::string_view text) {
    values_.emplace_back(std::string{text});
    return *this;
}

parameters& parameters::add(std::int64_t number) {
    values_.emplace_back(std::to_string(number));
    return *this;
}

parameters& parameters::add(bool value) {
    values_.emplace_back(value ? "t" : "f");
    return *this;
}

parameters& parameters::add(wall_time when) {
    values_.emplace_back(write_time(when));
    return *this;
}

parameters& parameters::add_null() {
    values_.emplace_back(std::nullopt);
    return *this;
}

parameters& parameters::add_array(std::span<const std::int64_t> numbers) {
    values_.emplace_back(array_literal(numbers));
    return *this;
}

parameters& parameters::add_array(std::span<const std::string> texts) {
    values_.emplace_back(array_literal(texts));
    return *this;
}

parameters& parameters::add_array(std::span<const wall_time> times) {
    values_.emplace_back(array_literal(times));
    return *this;
}

parameters& parameters::add_array(std::span<const std::optional<std::int64_t>> numbers) {
    values_.emplace_back(array_literal(numbers));
    return *this;
}

parameters& parameters::add_array(std::span<const std::optional<wall_time>> times) {
    values_.emplace_back(array_literal(times));
    return *this;
}

}  // namespace punctual::net::postgres
