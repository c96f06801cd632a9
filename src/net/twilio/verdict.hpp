#pragma once
// What an answer to POST Messages means for the delivery (domain rules §3). Pure.

#include "domain/result.hpp"
#include "net/https/message.hpp"
#include "net/twilio/messenger.hpp"

#include <chrono>

namespace punctual::net::twilio {

// `held`: what is left of the account's hold after this answer.
[[nodiscard]] text_outcome judge_answer(const https::response& answer, std::chrono::seconds held);
// `why`: an https_errc.
[[nodiscard]] text_outcome judge_failure(const error& why);

}  // namespace punctual::net::twilio
