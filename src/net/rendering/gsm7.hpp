#pragma once
// The alphabet and the arithmetic of SMS (3GPP TS 23.038 §6.2.1): 160 characters of the default
// alphabet, or 70 as soon as one is outside it.

#include <cstddef>
#include <string>
#include <string_view>

namespace punctual::net::rendering {

// Whether every character is in the default alphabet or its extension table.
[[nodiscard]] bool is_gsm7(std::string_view text) noexcept;

// How many messages the text is billed and sent as: 160 septets alone or 153 each, 70 UTF-16 units
// alone or 67 each. An empty text is none.
[[nodiscard]] std::size_t sms_segments(std::string_view text) noexcept;

// Typographic quotes, dashes and spaces and accents outside the alphabet replaced by their plain
// forms, emoji left out. Letters of another script stay: a name or a street in them is better
// readable in short messages than gone. When such a letter keeps the text out of the alphabet anyway,
// the text is returned as it was.
[[nodiscard]] std::string for_sms(std::string_view text);

}  // namespace punctual::net::rendering
