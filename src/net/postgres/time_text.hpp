#pragma once
// timestamptz as text, to the microsecond. Written in UTC; read in the form of DateStyle ISO with any
// offset. `infinity` is no wall_time: arithmetic on a clamped one would wrap, so it is unreadable.

#include "domain/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace punctual::net::postgres {

[[nodiscard]] std::string write_time(wall_time when);
// Nullopt for anything but a timestamp with an offset that fits into wall_time (290,000 years).
[[nodiscard]] std::optional<wall_time> read_time(std::string_view text) noexcept;

}  // namespace punctual::net::postgres
