#include "net/twilio/verdict.hpp"

#include "net/https/errc.hpp"
#include "net/twilio/answers.hpp"
#include "net/twilio/redact.hpp"

#include <utility>

namespace punctual::net::twilio {
namespace {

using https::https_errc;

text_verdict verdict_of(unsigned status, int code) {
    switch (code) {
        case 21211:  // not a number
        case 21614:  // not a mobile
        case 21635:  // landline
            return text_verdict::bad_number;
        case 21610:
            return text_verdict::opted_out;
        case 20429:
            return text_verdict::retry;
        default:
            break;
    }
    switch (status) {
        case 401:
        case 403:
        case 404:
            return text_verdict::configuration;
        case 429:
            return text_verdict::retry;
        case 408:  // somebody on the way gave up waiting: it may have gone on
            return text_verdict::ask_first;
        default:
            break;
    }
    if (status >= 500) {
        return text_verdict::ask_first;
    }
    // A redirect: not Twilio's API that the base URL names.
    return status < 400 ? text_verdict::configuration : text_verdict::bad_message;
}

}  // namespace

text_outcome judge_answer(const https::response& answer, std::chrono::seconds held) {
    text_outcome outcome;
    if (answer.status >= 200 && answer.status < 300) {
        auto made = read_message(answer.body);
        if (!made) {
            outcome.verdict = text_verdict::ask_first;
            outcome.error_code = static_cast<int>(answer.status);
            outcome.error_text = "the answer says success, but cannot be read";
            return outcome;
        }
        outcome.verdict = text_verdict::accepted;
        outcome.sid = std::move(made->sid);
        outcome.status = std::move(made->status);
        return outcome;
    }
    const auto why = read_error(answer.body);
    outcome.verdict = verdict_of(answer.status, answer.status < 500 ? why.code : 0);
    outcome.error_code = why.code != 0 ? why.code : static_cast<int>(answer.status);
    outcome.error_text = why.message.empty() ? "HTTP " + std::to_string(answer.status) : redact(why.message);
    outcome.retry_after = held;
    return outcome;
}

text_outcome judge_failure(const error& why) {
    text_outcome outcome;
    constexpr std::size_t most_text = 500;
    outcome.error_text = why.message().substr(0, most_text);
    switch (static_cast<https_errc>(why.code.value())) {
        case https_errc::not_connected:
        case https_errc::cancelled:
            outcome.verdict = text_verdict::retry;
            break;
        case https_errc::no_turn:
            outcome.verdict = text_verdict::no_turn;
            break;
        case https_errc::held:
            outcome.verdict = text_verdict::held;
            break;
        case https_errc::lease_lost:
            outcome.verdict = text_verdict::lease_lost;
            break;
        case https_errc::certificate_refused:
        case https_errc::bad_request:
            outcome.verdict = text_verdict::configuration;
            break;
        case https_errc::timed_out:
        case https_errc::lost:
        case https_errc::bad_answer:
            outcome.verdict = text_verdict::ask_first;
            break;
    }
    return outcome;
}

}  // namespace punctual::net::twilio
