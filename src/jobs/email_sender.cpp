#include "jobs/email_sender.hpp"

#include "domain/backoff.hpp"
#include "domain/planted_bug.hpp"
#include "domain/pre_send.hpp"
#include "domain/provider_gate.hpp"
#include "jobs/attempts.hpp"
#include "net/async/fault_point.hpp"

#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;
using domain::passing_failure;
using domain::reason;
using domain::planted_bug::is;
using domain::planted_bug::mistake;
using net::smtp::mail_verdict;

// Our own connections were all taken: by then the provider has had time for some.
constexpr auto pause_when_crowded = 1s;

}  // namespace

email_sender::email_sender(net::smtp::mailer* mailer, const net::rendering::composer& composer,
                           const domain::policy& rules, net::clock& clock, random_fraction random,
                           std::chrono::seconds total_time)
    : mailer_{mailer},
      composer_{composer},
      rules_{rules},
      clock_{clock},
      random_{std::move(random)},
      total_time_{total_time} {}

std::size_t email_sender::capacity() const noexcept {
    return mailer_ ? mailer_->capacity() : 64;
}

net::task<attempt> email_sender::send(const domain::claimed_delivery& what) {
    const auto now = clock_.wall_now();
    if (now >= what.useless_after && !is(mistake::useless_after_ignored)) {
        co_return expired(what, now);
    }
    if (const auto why =
            domain::pre_send_check(what, rules_, now, {.email = mailer_ != nullptr, .whatsapp = false, .sms = false})) {
        co_return skipped(what, now, *why);
    }
    auto mail = composer_.compose_mail(what, now);
    if (!mail) {
        auto result = skipped(what, now, mail.error());
        if (mail.error() == domain::reason::no_address) {
            result.outcome.error_text = composer_.explain_no_address(what);
        }
        co_return result;
    }
    net::fault_point("mail.rendered");
    auto lease =
        is(mistake::lease_not_passed_on) ? domain::lease{clock_.boot_now() + std::chrono::hours{24}} : what.lease;
    handing_over(what);
    auto answer = co_await mailer_->send(std::move(*mail), std::move(lease), clock_.boot_now() + total_time_);
    co_return judge(what, std::move(answer));
}

attempt email_sender::judge(const domain::claimed_delivery& what, net::smtp::mail_outcome answer) const {
    const auto now = clock_.wall_now();
    attempt result;
    result.sign = provider_sign::answered;
    auto& outcome = result.outcome = begin_outcome(what, now);
    outcome.error_text = std::move(answer.text);
    if (answer.code != 0) {
        outcome.error_code = std::to_string(answer.code);
    }

    const auto next = [&](passing_failure failure) {
        return domain::next_attempt({.failure = failure, .attempts = what.attempts, .fraction = random_()}, now,
                                    what.useless_after);
    };

    switch (answer.verdict) {
        case mail_verdict::accepted:
            outcome.state = delivery_state::accepted;
            outcome.provider_id = std::move(answer.queue_id);
            outcome.error_code.clear();
            outcome.error_text.clear();
            break;
        case mail_verdict::retry_connection:
            result.sign = provider_sign::failed;
            retry_or_expire(outcome, next(passing_failure::general));
            break;
        case mail_verdict::retry_greylisted:
            if (answer.of_server) {
                result.sign = provider_sign::failed;
            }
            retry_or_expire(outcome, next(passing_failure::smtp_4xx));
            break;
        case mail_verdict::bad_address:
        case mail_verdict::bad_message:
            outcome.state = delivery_state::failed;
            break;
        case mail_verdict::configuration:
            // The row keeps its place; the gate decides when the next probe goes.
            result.sign = provider_sign::misconfigured;
            retry_or_expire(outcome, now + domain::provider_gate::probe_interval);
            break;
        case mail_verdict::outcome_unknown:
            result.sign = provider_sign::failed;
            if (what.reason == reason::outcome_unknown && !is(mistake::unknown_tried_for_ever)) {
                // Once more was once more: it may have been delivered twice already.
                outcome.state = delivery_state::unconfirmed;
            } else {
                retry_or_expire(outcome, next(passing_failure::general));
                outcome.reason = is(mistake::mark_forgotten) ? reason::none : reason::outcome_unknown;
                if (outcome.state == delivery_state::expired) {
                    outcome.state = delivery_state::unconfirmed;
                }
            }
            break;
        case mail_verdict::lease_lost:
            // Claimed again it is read again: what was revoked is superseded by that, if it is to be.
            result.sign = provider_sign::none;
            outcome = untried(what, now, now);
            break;
        case mail_verdict::no_turn:
            result.sign = provider_sign::crowded;
            outcome = untried(what, now, now + pause_when_crowded);
            break;
    }
    return result;
}

}  // namespace punctual::jobs
