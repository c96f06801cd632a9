#pragma once
// Whether Twilio's callbacks can come at all, by the settings alone: nobody is asked.

#include "config/settings.hpp"

#include <string>

namespace punctual::commands {

// One sentence when the real Twilio would have to call an address of this machine or network; else empty.
[[nodiscard]] std::string callbacks_in_vain(const config::settings& settings);

}  // namespace punctual::commands
