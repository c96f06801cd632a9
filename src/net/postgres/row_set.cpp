#include "net/postgres/row_set.hpp"

#include "net/postgres/row_set_data.hpp"

#include <charconv>
#include <utility>

namespace punctual::net::postgres {

row_set::row_set() noexcept = default;
row_set::row_set(std::unique_ptr<data> content) noexcept : content_{std::move(content)} {}
row_set::row_set(row_set&&) noexcept = default;
row_set& row_set::operator=(row_set&&) noexcept = default;
row_set::~row_set() = default;

std::size_t row_set::size() const noexcept {
    return content_ ? libpq::row_count(content_->answer()) : 0;
}

std::size_t row_set::columns() const noexcept {
    return content_ ? libpq::column_count(content_->answer()) : 0;
}

std::string_view row_set::column_name(std::size_t column) const noexcept {
    return column < columns() ? libpq::column_name(content_->answer(), column) : std::string_view{};
}

std::optional<std::string_view> row_set::text(std::size_t row, std::size_t column) const noexcept {
    // libpq prints to stderr when asked beyond the end.
    return row < size() && column < columns() ? libpq::value(content_->answer(), row, column) : std::nullopt;
}

std::uint64_t row_set::affected() const noexcept {
    std::uint64_t count = 0;
    if (content_) {
        const auto digits = libpq::command_tuples(content_->answer());
        std::from_chars(digits.data(), digits.data() + digits.size(), count);
    }
    return count;
}

}  // namespace punctual::net::postgres
