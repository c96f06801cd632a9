#pragma once
// Phone numbers as people write them, to the E.164 that Twilio takes. It keeps nothing.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace punctual::net::rendering {

enum class phone_fault : std::uint8_t {
    missing,   // empty or blank
    invalid,   // no number of that country, or not a number at all
    landline,  // a number that takes no texts
};

// `region`: ISO 3166 country of a number without one ("AU"). An extension makes it a landline.
[[nodiscard]] std::expected<std::string, phone_fault> parse_phone(std::string_view written, std::string_view region);

// Whether libphonenumber knows the country at all.
[[nodiscard]] bool is_phone_region(std::string_view region) noexcept;

}  // namespace punctual::net::rendering
