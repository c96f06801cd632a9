#pragma once
// Times and numbers as Twilio and mail write them, and sids.

#include "domain/time.hpp"

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace punctual::sandbox {

[[nodiscard]] std::string iso_seconds(wall_time at);  // 2026-11-22T14:39:09Z
[[nodiscard]] std::string iso_millis(wall_time at);   // 2026-11-22T14:39:09.123Z
[[nodiscard]] std::string iso_micros(wall_time at);   // 2026-11-22T14:39:09.123456Z
[[nodiscard]] std::string rfc2822(wall_time at);      // Sun, 22 Nov 2026 14:39:09 +0000

// YYYY-MM-DD or YYYY-MM-DDThh:mm:ss[.f]Z as the half-open span it names: a day or a second.
[[nodiscard]] std::optional<std::pair<wall_time, wall_time>> parse_span(std::string_view text);

// All of it, no sign, no fraction.
[[nodiscard]] std::optional<long> parse_number(std::string_view text);
// "250ms", "1s", "2m", "1h"; nullopt for anything else or for zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

[[nodiscard]] bool is_sid(std::string_view text, std::string_view prefix) noexcept;  // prefix + 32 hex digits

// 128 random bits in hex behind a prefix.
class sid_maker {
public:
    explicit sid_maker(std::uint64_t seed) : random_{seed} {}
    [[nodiscard]] std::string make(std::string_view prefix);

private:
    std::mt19937_64 random_;
};

}  // namespace punctual::sandbox
