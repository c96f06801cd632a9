#include "domain/e164.hpp"

#include <algorithm>
#include <cstddef>

namespace punctual::domain {

bool is_e164(std::string_view text) noexcept {
    constexpr std::size_t fewest_digits = 7;
    constexpr std::size_t most_digits = 15;
    return text.size() > fewest_digits && text.size() <= 1 + most_digits && text[0] == '+' && text[1] != '0' &&
           std::ranges::all_of(text.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace punctual::domain
