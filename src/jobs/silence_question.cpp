#include "jobs/silence_question.hpp"

#include "domain/planted_bug.hpp"
#include "net/async/fault_point.hpp"
#include "net/store/store_error.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;

constexpr std::chrono::seconds longest_question = 3s;
constexpr auto statement_time = 10s;
// What fails at once (404, refused, 5xx) holds nothing up.
constexpr auto held_up = 1s;
constexpr int unanswered_before_rest = 2;
constexpr auto rest = 30s;

bool has_arrived(std::string_view status) noexcept {
    return status == "delivered" || status == "read";
}

bool has_failed(std::string_view status) noexcept {
    return status == "failed" || status == "undelivered" || status == "canceled";
}

// Also when the coroutine is destroyed in the middle of it.
class turn {
public:
    explicit turn(std::size_t& asking) : asking_{asking} { ++asking_; }
    ~turn() { --asking_; }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

private:
    std::size_t& asking_;
};

}  // namespace

silence_question::silence_question(net::twilio::messenger& messenger, net::store& store, net::clock& clock,
                                   std::chrono::seconds request_time)
    : messenger_{messenger}, store_{store}, clock_{clock}, time_{std::min(request_time, longest_question)} {}

std::size_t silence_question::most_at_once() const noexcept {
    return unanswered_ < unanswered_before_rest ? std::max<std::size_t>(messenger_.capacity() / 2, 1) : 1;
}

net::task<silence_answer> silence_question::ask(const domain::claimed_delivery& sms) {
    silence_answer answer;
    if (!sms.in_place_of || domain::planted_bug::is(domain::planted_bug::mistake::silence_not_asked)) {
        co_return answer;
    }
    const auto& whatsapp = *sms.in_place_of;
    if (whatsapp.state == delivery_state::delivered) {
        // Its receipt has come since the SMS was written down.
        answer.verdict = silence_verdict::arrived;
        co_return answer;
    }
    const bool silent = whatsapp.state == delivery_state::accepted && !whatsapp.provider_id.empty();
    if (!silent || clock_.boot_now() < rests_until_) {
        co_return answer;
    }
    if (asking_ >= most_at_once()) {
        answer.verdict = silence_verdict::later;
        co_return answer;
    }
    const turn mine{asking_};
    const auto began = clock_.boot_now();
    auto sid = whatsapp.provider_id;
    const auto found = co_await messenger_.find(std::move(sid), clock_.boot_now() + time_);
    net::fault_point("text.silence_asked");
    if (!found) {
        const auto now = clock_.boot_now();
        if (now - began >= held_up && ++unanswered_ >= unanswered_before_rest) {
            rests_until_ = now + rest;
        }
        co_return answer;
    }
    unanswered_ = 0;
    answer.by_twilio = true;
    if (!has_arrived(found->status) && !has_failed(found->status)) {
        co_return answer;
    }
    auto heard = *found;
    co_await note(whatsapp.id, std::move(heard));
    if (has_arrived(found->status)) {
        answer.verdict = silence_verdict::arrived;
    } else if (found->error_code == net::twilio::opted_out_code) {
        answer.verdict = silence_verdict::opted_out;
    } else if (net::twilio::is_of_the_number(found->error_code)) {
        answer.verdict = silence_verdict::no_number;
    }
    co_return answer;
}

// When it cannot be written, what was heard decides all the same.
net::task<> silence_question::note(domain::delivery_id whatsapp, net::twilio::listed_message found) {
    net::message_callback told;
    told.what = {.delivery = std::move(whatsapp),
                 .provider_id = std::move(found.sid),
                 .status = std::move(found.status),
                 .error_code = found.error_code != 0 ? std::to_string(found.error_code) : std::string{}};
    for (int tries = 0; tries < 2; ++tries) {
        std::vector<net::message_callback> alone(1, told);
        const auto noted = co_await store_.record_callbacks(std::move(alone), clock_.boot_now() + statement_time);
        if (noted || noted.error().code != net::store_errc::outcome_unknown) {
            break;
        }
    }
}

}  // namespace punctual::jobs
