#include "jobs/text_sender.hpp"

#include "domain/backoff.hpp"
#include "domain/planted_bug.hpp"
#include "domain/pre_send.hpp"
#include "domain/provider_gate.hpp"
#include "jobs/attempts.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::delivery_state;
using domain::reason;
using domain::planted_bug::is;
using domain::planted_bug::mistake;
using net::twilio::text_verdict;

constexpr auto request_time = 15s;
// Twilio's clock and ours may differ by this much when we look for a message of ours.
constexpr auto listing_margin = 1min;

}  // namespace

text_sender::text_sender(net::twilio::messenger* messenger, const net::rendering::composer& composer,
                         const domain::policy& rules, net::clock& clock, random_fraction random)
    : messenger_{messenger}, composer_{composer}, rules_{rules}, clock_{clock}, random_{std::move(random)} {}

std::size_t text_sender::capacity() const noexcept {
    return messenger_ ? messenger_->capacity() : 64;
}

net::task<attempt> text_sender::send(const domain::claimed_delivery& what) {
    const auto now = clock_.wall_now();
    if (now >= what.useless_after && !is(mistake::useless_after_ignored)) {
        co_return expired(what, now);
    }
    const domain::configured_channels configured{
        .email = false, .whatsapp = messenger_ != nullptr, .sms = messenger_ != nullptr};
    if (const auto why = domain::pre_send_check(what, rules_, now, configured)) {
        co_return skipped(what, now, *why);
    }
    auto message = composer_.compose_text(what, now);
    if (!message) {
        auto result = skipped(what, now, message.error());
        if (message.error() == reason::channel_not_configured && what.channel == channel::whatsapp) {
            result.outcome.sms_instead = reason::none;
        }
        co_return result;
    }
    if (what.reason == reason::outcome_unknown && !is(mistake::twilio_not_asked)) {
        const auto listed = co_await ask(what, *message);
        if (!listed) {
            net::twilio::text_outcome no_answer;
            no_answer.verdict = text_verdict::ask_first;
            no_answer.error_text = "Twilio could not be asked whether the earlier attempt arrived";
            co_return judge(what, std::move(no_answer));
        }
        if (!listed->empty()) {
            net::twilio::text_outcome found;
            found.verdict = text_verdict::accepted;
            found.sid = listed->front().sid;
            found.status = listed->front().status;
            auto result = judge(what, std::move(found));
            result.outcome.reason = reason::reconciled;
            co_return result;
        }
    }
    const auto write_until = is(mistake::lease_not_passed_on) ? boot_time::max() : what.lease_until;
    auto answer = co_await messenger_->send(std::move(*message), write_until, clock_.boot_now() + request_time);
    co_return judge(what, std::move(answer));
}

net::task<std::optional<std::vector<net::twilio::listed_message>>> text_sender::ask(
    const domain::claimed_delivery& what, const net::twilio::text_message& message) {
    // Due by a clock that was ahead and has been set back since: the earlier attempt was before that.
    const auto since = std::min(what.due_at, clock_.wall_now()) - listing_margin;
    auto listed = co_await messenger_->list(what.channel, message.to, since, clock_.boot_now() + request_time);
    if (listed && message.content_sid.empty()) {
        // Free text can be told apart; a template's text is Twilio's, so any message of the time counts.
        std::erase_if(*listed, [&](const auto& one) { return one.body != message.body; });
    }
    co_return listed;
}

attempt text_sender::judge(const domain::claimed_delivery& what, net::twilio::text_outcome answer) const {
    const auto now = clock_.wall_now();
    attempt result;
    result.sign = provider_sign::answered;
    auto& outcome = result.outcome = begin_outcome(what, now);
    outcome.provider_id = std::move(answer.sid);
    outcome.provider_status = std::move(answer.status);
    outcome.error_text = std::move(answer.error_text);
    if (answer.error_code != 0) {
        outcome.error_code = std::to_string(answer.error_code);
    }
    const auto later = [&](std::chrono::seconds retry_after = {}) {
        return domain::next_attempt({.attempts = what.attempts, .retry_after = retry_after, .fraction = random_()}, now,
                                    what.useless_after);
    };

    switch (answer.verdict) {
        case text_verdict::accepted:
            outcome.state = delivery_state::accepted;
            if (what.channel == channel::whatsapp) {
                outcome.fallback_at = domain::fallback_at(what, rules_, now);
            }
            break;
        case text_verdict::retry:
            result.sign = provider_sign::failed;
            if (answer.retry_after > 0s) {
                result.sign = provider_sign::busy;
                result.hold = answer.retry_after;
            }
            retry_or_expire(outcome, later(answer.retry_after));
            break;
        case text_verdict::ask_first:
            result.sign = provider_sign::failed;
            retry_or_expire(outcome, later());
            outcome.reason = reason::outcome_unknown;
            if (outcome.state == delivery_state::expired) {
                outcome.state = delivery_state::unconfirmed;
            }
            break;
        case text_verdict::bad_number:
            outcome.state = delivery_state::failed;
            break;
        case text_verdict::opted_out:
            outcome.state = delivery_state::failed;
            outcome.reason = reason::opted_out;
            break;
        case text_verdict::bad_message:
            outcome.state = delivery_state::failed;
            if (what.channel == channel::whatsapp) {
                outcome.sms_instead = reason::whatsapp_failed;
            }
            break;
        case text_verdict::configuration:
            result.sign = provider_sign::misconfigured;
            retry_or_expire(outcome, now + domain::provider_gate::probe_interval);
            break;
        case text_verdict::lease_lost:
            result.sign = provider_sign::none;
            retry_or_expire(outcome, now);
            break;
    }
    return result;
}

}  // namespace punctual::jobs
