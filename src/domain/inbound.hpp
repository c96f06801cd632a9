#pragma once
// What a text from a person asks for. Whole messages alone are understood: "please stop calling" is for the clinic to
// read, not a STOP. Source: Twilio, "Advanced Opt-Out" (the words, any case, nothing else in the body).

#include <cstdint>
#include <string_view>

namespace punctual::domain {

enum class inbound_intent : std::uint8_t {
    stop,     // no more texts to this number
    start,    // texts again
    confirm,  // "C": the visit is confirmed
    other,    // somebody has to read it
};

// Blanks around the word and a full stop or exclamation mark behind it do not count.
[[nodiscard]] inbound_intent understand_text(std::string_view body) noexcept;

[[nodiscard]] std::string_view to_string(inbound_intent value) noexcept;

}  // namespace punctual::domain
