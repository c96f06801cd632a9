#pragma once
// Every message that there is: kind by recipient by type of visit by language. For the tests that read all
// of them, and for looking at them.

#include "domain/delivery.hpp"

#include <string>
#include <vector>

namespace punctual::test {

struct matrix_message {
    std::string name;  // "en-reminder_24h-patient-telehealth": fit for a file
    std::string language;
    domain::claimed_delivery what;
};

inline const std::vector<std::string> message_languages{"en", "vi"};

// Times are told at sample_now (sample_delivery.hpp) with sample_settings(); ids differ.
[[nodiscard]] std::vector<matrix_message> message_matrix();

// A delivery's id with this number in it.
[[nodiscard]] std::string numbered_id(std::size_t number);

}  // namespace punctual::test
