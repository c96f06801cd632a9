#pragma once
// The named settings (contract §2): which there are, and how a text becomes each.

#include "config/settings.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace punctual::config {

struct named_setting {
    std::string_view name;      // DATABASE_URL
    std::string_view expected;  // "a port, 0 to 65535"
    bool secret = false;        // its value is never told
    // False: the text is not what is expected.
    bool (*assign)(settings& into, std::string_view text);
};

[[nodiscard]] std::span<const named_setting> named_settings() noexcept;
// Nullptr for a name that is none of them. Aliases are known.
[[nodiscard]] const named_setting* find_named_setting(std::string_view name) noexcept;
// A name that the old stack had and this one does not need.
[[nodiscard]] bool is_name_of_the_old_stack(std::string_view name) noexcept;

inline constexpr std::string_view content_sid_prefix = "TWILIO_CONTENT_SID_";

}  // namespace punctual::config
