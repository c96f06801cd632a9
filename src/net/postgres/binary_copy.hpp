#pragma once
// COPY … (FORMAT binary) as it arrives (Postgres manual, COPY, "Binary Format"). Bytes may be cut
// anywhere; sizes are checked before they are believed. It knows nothing of types.

#include "domain/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::postgres {

class binary_copy {
public:
    using row = std::span<const std::optional<std::string_view>>;

    // A row must fit into `most_row_bytes`.
    explicit binary_copy(std::size_t most_row_bytes = std::size_t{16} << 20) noexcept : most_{most_row_bytes} {}

    // Calls each_row for every row that is complete; the fields are valid during the call. After an
    // error (bad_result) the parser must not be fed again.
    [[nodiscard]] result<> feed(std::string_view bytes, const std::function<void(row)>& each_row);

    // The trailer has been read; more bytes after it are an error.
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }

private:
    enum class step : std::uint8_t { more, need_bytes };
    [[nodiscard]] result<step> read_header(std::string_view& from);
    [[nodiscard]] result<step> read_row(std::string_view& from, const std::function<void(row)>& each_row);

    std::size_t most_;
    std::string kept_;  // the beginning of what was cut
    std::vector<std::optional<std::string_view>> fields_;
    std::uint64_t rows_ = 0;
    bool header_read_ = false;
    bool complete_ = false;
};

}  // namespace punctual::net::postgres
