#pragma once
// The answer to one statement, and how its columns become values. Text format (Postgres manual, 55.2);
// a column that is absent, null where a value is needed, or unreadable is an error that names it.

#include "domain/result.hpp"
#include "domain/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::net::postgres {

// Owns a PGresult behind a plain face.
class row_set {
public:
    class data;
    row_set() noexcept;
    explicit row_set(std::unique_ptr<data> content) noexcept;
    row_set(row_set&&) noexcept;
    row_set& operator=(row_set&&) noexcept;
    ~row_set();

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t columns() const noexcept;
    [[nodiscard]] std::string_view column_name(std::size_t column) const noexcept;
    // Nullopt for SQL null. Valid as long as the row_set.
    [[nodiscard]] std::optional<std::string_view> text(std::size_t row, std::size_t column) const noexcept;
    // Rows that an INSERT, UPDATE or DELETE touched.
    [[nodiscard]] std::uint64_t affected() const noexcept;

private:
    std::unique_ptr<data> content_;
};

// Reads one row's columns from left to right; the first mistake sticks and the rest read as defaults,
// so that a whole row is read in a straight line and checked once.
class row_reader {
public:
    row_reader(const row_set& rows, std::size_t row) noexcept : rows_{rows}, row_{row} {}

    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::int32_t small_integer();
    [[nodiscard]] bool boolean();
    [[nodiscard]] std::string string();
    [[nodiscard]] wall_time time();
    [[nodiscard]] std::optional<std::int64_t> optional_integer();
    [[nodiscard]] std::optional<std::string> optional_string();
    [[nodiscard]] std::optional<wall_time> optional_time();
    // The column's text, "" for null; for enumerations.
    [[nodiscard]] std::string_view word();

    // The caller's own complaint about the column just read: a word that is none of an enumeration's.
    void refuse(std::string_view expected);

    [[nodiscard]] bool ok() const noexcept { return !mistake_; }
    // bad_result with "column NAME: expected …"; the value itself is not told.
    [[nodiscard]] const std::optional<error>& mistake() const noexcept { return mistake_; }

private:
    std::optional<std::string_view> next(bool nullable);

    const row_set& rows_;
    std::size_t row_;
    std::size_t column_ = 0;
    std::optional<error> mistake_;
};

}  // namespace punctual::net::postgres
