#pragma once
// Reads [[reminder]], the reminder plan.

#include "config/document.hpp"
#include "config/settings.hpp"
#include "config/table_reader.hpp"

#include <chrono>
#include <string_view>

namespace punctual::config {

// What a message is called: small letters, digits and _, at most 40.
[[nodiscard]] bool is_kind_name(std::string_view name);

// Until an SMS goes for a WhatsApp message that nothing is heard of, where the plan does not say (domain rules §4).
[[nodiscard]] std::chrono::seconds usual_silence(std::chrono::seconds before) noexcept;

void read_reminders(table_reader& in, const node& from, settings& into);

}  // namespace punctual::config
