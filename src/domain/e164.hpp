#pragma once
// Telephone numbers as they go over the wire (ITU-T E.164). Whether a number is anybody's is not known here; what
// people write is read by net/rendering/phone_number.hpp.

#include <string_view>

namespace punctual::domain {

// "+" and 7 to 15 digits, the first not 0: +61491570156.
[[nodiscard]] bool is_e164(std::string_view text) noexcept;

}  // namespace punctual::domain
