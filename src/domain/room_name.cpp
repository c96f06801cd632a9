#include "domain/room_name.hpp"

#include <charconv>

namespace punctual::domain {
namespace {

// A positive number with a dash after it.
std::optional<std::int64_t> leading_number(std::string_view text) noexcept {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, ec] = std::from_chars(text.data(), end, number);
    if (ec != std::errc{} || stopped == end || *stopped != '-' || number <= 0) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

std::optional<appointment_id> appointment_of_room(std::string_view name) noexcept {
    constexpr std::string_view prefix = "apt-";
    if (!name.starts_with(prefix)) {
        return std::nullopt;
    }
    return leading_number(name.substr(prefix.size()));
}

std::optional<person_id> person_of_identity(std::string_view identity) noexcept {
    return leading_number(identity);
}

}  // namespace punctual::domain
