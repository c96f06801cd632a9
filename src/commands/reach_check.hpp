#pragma once
// Whether Twilio's callbacks, and patients by their links, can come at all, by the settings alone: nobody is asked.

#include "config/settings.hpp"

#include <string>

namespace punctual::commands {

// One sentence when the real Twilio would have to call an address of this machine or network; else empty.
[[nodiscard]] std::string callbacks_in_vain(const config::settings& settings);

// One sentence when messages go to the world with links that lead to this machine or network; else empty.
[[nodiscard]] std::string links_in_vain(const config::settings& settings);

// One sentence when messages go out and there is no video behind the links of telehealth visits; else empty.
[[nodiscard]] std::string video_in_vain(const config::settings& settings);

}  // namespace punctual::commands
