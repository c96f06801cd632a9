#include "net/postgres/database.hpp"
#include "net/postgres/row_set.hpp"
#include "net/postgres/time_text.hpp"

#include <charconv>
#include <utility>

namespace punctual::net::postgres {
namespace {

template <class Integer>
std::optional<Integer> read_integer(std::string_view text) noexcept {
    Integer number{};
    const auto* end = text.data() + text.size();
    const auto [stopped, ec] = std::from_chars(text.data(), end, number);
    return ec == std::errc{} && stopped == end ? std::optional{number} : std::nullopt;
}

}  // namespace

std::optional<std::string_view> row_reader::next(bool nullable) {
    if (mistake_) {
        return std::nullopt;
    }
    const auto column = column_++;
    if (row_ >= rows_.size() || column >= rows_.columns()) {
        mistake_ = error{postgres_errc::bad_result, "column " + std::to_string(column + 1) + ": absent"};
        return std::nullopt;
    }
    const auto text = rows_.text(row_, column);
    if (!text && !nullable) {
        refuse("a value, found null");
    }
    return text;
}

void row_reader::refuse(std::string_view expected) {
    if (!mistake_) {
        const auto name = column_ > 0 ? rows_.column_name(column_ - 1) : std::string_view{};
        mistake_ =
            error{postgres_errc::bad_result, "column " + std::string{name} + ": expected " + std::string{expected}};
    }
}

std::int64_t row_reader::integer() {
    const auto text = next(false);
    const auto number = text ? read_integer<std::int64_t>(*text) : std::nullopt;
    if (!number) {
        refuse("an integer");
    }
    return number.value_or(0);
}

std::int32_t row_reader::small_integer() {
    const auto text = next(false);
    const auto number = text ? read_integer<std::int32_t>(*text) : std::nullopt;
    if (!number) {
        refuse("an integer of 32 bits");
    }
    return number.value_or(0);
}

bool row_reader::boolean() {
    const auto text = next(false);
    if (text && *text != "t" && *text != "f") {
        refuse("a boolean");
    }
    return text && *text == "t";
}

std::string row_reader::string() {
    return std::string{next(false).value_or("")};
}

wall_time row_reader::time() {
    const auto text = next(false);
    const auto when = text ? read_time(*text) : std::nullopt;
    if (!when) {
        refuse("a finite timestamp with time zone");
    }
    return when.value_or(wall_time{});
}

std::optional<std::int64_t> row_reader::optional_integer() {
    const auto text = next(true);
    const auto number = text ? read_integer<std::int64_t>(*text) : std::nullopt;
    if (text && !number) {
        refuse("an integer or null");
    }
    return number;
}

std::optional<std::string> row_reader::optional_string() {
    const auto text = next(true);
    return text ? std::optional<std::string>{*text} : std::nullopt;
}

std::optional<wall_time> row_reader::optional_time() {
    const auto text = next(true);
    const auto when = text ? read_time(*text) : std::nullopt;
    if (text && !when) {
        refuse("a finite timestamp with time zone, or null");
    }
    return when;
}

std::string_view row_reader::word() {
    return next(true).value_or("");
}

}  // namespace punctual::net::postgres
