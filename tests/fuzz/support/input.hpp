#pragma once
// What a fuzz target is given and how it complains. A target is one function, try_input(), that throws
// nothing and ends the process when something does not hold that must hold for every input.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace punctual::fuzz {

void try_input(std::string_view bytes);

inline void require(bool holds, std::string_view what) {
    if (!holds) {
        std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
        std::abort();
    }
}

// Takes an input apart. Fields are separated by the byte 0x1e, so that a corpus can be read and written by hand.
class fields {
public:
    explicit fields(std::string_view bytes) : rest_{bytes} {}

    // 0 when there is nothing left.
    std::uint8_t byte() {
        if (rest_.empty()) {
            return 0;
        }
        const auto first = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return first;
    }
    std::string_view next() {
        const auto end = std::min(rest_.find('\x1e'), rest_.size());
        const auto field = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return field;
    }
    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace punctual::fuzz
