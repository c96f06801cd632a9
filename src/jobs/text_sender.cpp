#include "jobs/text_sender.hpp"

#include "domain/backoff.hpp"
#include "domain/planted_bug.hpp"
#include "domain/pre_send.hpp"
#include "domain/provider_gate.hpp"
#include "jobs/attempts.hpp"
#include "jobs/night.hpp"
#include "net/async/fault_point.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
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

// A look may take several requests.
constexpr auto look_up_time = 60s;
constexpr auto statement_time = 10s;
// Until another text to the same number has its answer.
constexpr auto pause_before_others = 2s;
// Our own connections were all taken: by then the provider has had time for some.
constexpr auto pause_when_crowded = 1s;
// Until some of those who ask after silent messages have their answers.
constexpr auto pause_before_asking = 500ms;
// Twilio's clock and ours may differ by this much when we look for a message of ours.
constexpr auto listing_margin = 1min;

// Free text is the message, word for word. A template's words are Twilio's, and ours is what was filled in; where
// Twilio lists no words (redacted, not rendered yet) nothing speaks against it.
bool may_be(const net::twilio::listed_message& listed, const net::twilio::text_message& message) {
    if (message.content_sid.empty()) {
        return listed.body == message.body;
    }
    return listed.body.empty() || std::ranges::all_of(message.content_variables, [&](const auto& variable) {
               return listed.body.contains(variable.second);
           });
}

}  // namespace

text_sender::text_sender(net::twilio::messenger* messenger, const net::rendering::composer& composer,
                         const domain::policy& rules, net::store& store, net::clock& clock, random_fraction random,
                         net::inbox* inbox, std::chrono::seconds request_time)
    : messenger_{messenger},
      composer_{composer},
      rules_{rules},
      store_{store},
      clock_{clock},
      random_{std::move(random)},
      inbox_{inbox},
      request_time_{request_time} {
    if (messenger_ != nullptr) {
        silence_.emplace(*messenger_, store_, clock_, request_time_);
    }
}

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
    if (domain::quiet_hours_apply(rules_, what.kind, what.channel)) {
        const auto night = decide_quiet_hours(rules_, what.recipient.time_zone, now, what.what.starts_at, now);
        if (night.what == domain::quiet_decision::verdict::skip) {
            co_return skipped(what, now, reason::quiet_hours);
        }
        if (night.what == domain::quiet_decision::verdict::move) {
            co_return attempt{.outcome = untried(what, now, night.send_at)};
        }
    }
    auto message = composer_.compose_text(what, now);
    if (!message && what.reason == reason::outcome_unknown) {
        auto found = co_await look_up_former(what);
        if (found) {
            co_return std::move(*found);
        }
    }
    if (!message) {
        auto result = skipped(what, now, message.error());
        if (message.error() == reason::channel_not_configured && what.channel == channel::whatsapp) {
            result.outcome.sms_instead = reason::none;
        } else if (message.error() == reason::no_address) {
            result.outcome.error_text = composer_.explain_no_address(what);
        }
        co_return result;
    }
    net::fault_point("text.rendered");
    if (what.reason == reason::outcome_unknown && !is(mistake::twilio_not_asked)) {
        auto found = co_await look_up(what, *message);
        net::fault_point("text.looked_up");
        if (found) {
            co_return std::move(*found);
        }
    }
    auto number = message->to;
    if (what.in_place_of) {
        auto to = number;
        auto in_vain = co_await in_vain_for(what, std::move(to));
        if (in_vain) {
            co_return std::move(*in_vain);
        }
    }
    auto lease =
        is(mistake::lease_not_passed_on) ? domain::lease{clock_.boot_now() + std::chrono::hours{24}} : what.lease;
    handing_over(what);
    auto answer = co_await messenger_->send(std::move(*message), std::move(lease), clock_.boot_now() + request_time_);
    if (answer.verdict == text_verdict::opted_out && inbox_ != nullptr) {
        // When it cannot be written, the next message to that number is refused and says so again.
        std::ignore = co_await inbox_->opt_out(std::move(number), clock_.boot_now() + statement_time);
    }
    co_return judge(what, std::move(answer));
}

// An SMS in the place of a WhatsApp message. Of one whose own outcome was unknown Twilio has said that it is not there.
net::task<std::optional<attempt>> text_sender::in_vain_for(const domain::claimed_delivery& what, std::string number) {
    const auto answer = co_await silence_->ask(what);
    const auto now = clock_.wall_now();
    auto never_sent = what;
    never_sent.reason = reason::none;
    attempt made;
    switch (answer.verdict) {
        case silence_verdict::send:
            co_return std::nullopt;
        case silence_verdict::later:
            made.outcome = untried(what, now, now + pause_before_asking);
            break;
        case silence_verdict::arrived:
            made = skipped(never_sent, now, reason::whatsapp_delivered);
            break;
        case silence_verdict::no_number:
            made = skipped(never_sent, now, reason::no_address);
            break;
        case silence_verdict::opted_out:
            made = skipped(never_sent, now, reason::opted_out);
            if (inbox_ != nullptr) {
                std::ignore = co_await inbox_->opt_out(std::move(number), clock_.boot_now() + statement_time);
            }
            break;
    }
    made.sign = answer.by_twilio ? provider_sign::answered : provider_sign::none;
    co_return made;
}

// Free text that was right when it was tried: nothing may be put in its place before it is known not to have arrived.
net::task<std::optional<attempt>> text_sender::look_up_former(const domain::claimed_delivery& what) {
    auto then = what;
    for (auto& one : then.conversations) {
        one.open = true;
    }
    const auto written = composer_.compose_text(then, clock_.wall_now());
    if (!written) {
        co_return std::nullopt;
    }
    co_return co_await look_up(what, *written);
}

net::task<std::optional<attempt>> text_sender::look_up(const domain::claimed_delivery& what,
                                                       const net::twilio::text_message& message) {
    // Not from its due time: a host whose clock was wrong may have sent it before that.
    const auto since = (what.created_at > wall_time{} ? what.created_at : what.due_at) - listing_margin;
    auto listed = co_await messenger_->list(what.channel, message.to, since, clock_.boot_now() + look_up_time);
    if (!listed && messenger_->held() > 0s) {
        // Not asked, or told to come again: that is no attempt.
        net::twilio::text_outcome later;
        later.verdict = text_verdict::held;
        later.retry_after = messenger_->held();
        co_return judge(what, std::move(later));
    }
    if (!listed) {
        co_return cannot_be_asked(what, "Twilio could not be asked whether the earlier attempt arrived");
    }
    std::erase_if(*listed, [&](const auto& one) { return !may_be(one, message); });
    std::ranges::sort(*listed, {},
                      [](const auto& one) { return std::tuple{one.created_at, std::string_view{one.sid}}; });
    std::vector<std::string> candidates;
    candidates.reserve(listed->size());
    for (const auto& one : *listed) {
        candidates.push_back(one.sid);
    }
    const auto bound = co_await store_.bind_message(what.id, std::move(candidates), clock_.boot_now() + statement_time);
    if (!bound) {
        co_return cannot_be_asked(what, "the database could not be asked whose message it is");
    }
    if (bound->wait) {
        attempt waits;
        const auto now = clock_.wall_now();
        waits.outcome = untried(what, now, now + pause_before_others);
        co_return waits;
    }
    if (bound->sid.empty()) {
        co_return std::nullopt;
    }
    const auto at = std::ranges::find(*listed, bound->sid, &net::twilio::listed_message::sid);
    net::twilio::listed_message found;
    found.sid = bound->sid;
    co_return reconciled(what, at == listed->end() ? std::move(found) : std::move(*at));
}

attempt text_sender::cannot_be_asked(const domain::claimed_delivery& what, std::string why) const {
    net::twilio::text_outcome none;
    none.verdict = text_verdict::ask_first;
    none.error_text = std::move(why);
    return judge(what, std::move(none));
}

// What became of it may have been told while nobody was there to hear it.
attempt text_sender::reconciled(const domain::claimed_delivery& what, net::twilio::listed_message found) const {
    net::twilio::text_outcome answer;
    answer.verdict = text_verdict::accepted;
    answer.sid = std::move(found.sid);
    answer.status = found.status;
    auto result = judge(what, std::move(answer));
    auto& outcome = result.outcome;
    outcome.reason = reason::reconciled;
    if (found.status == "delivered" || found.status == "read") {
        outcome.state = delivery_state::delivered;
        outcome.fallback_at.reset();
    } else if (found.status == "failed" || found.status == "undelivered") {
        outcome.state = delivery_state::failed;
        outcome.error_code = found.error_code != 0 ? std::to_string(found.error_code) : std::string{};
        outcome.fallback_at.reset();
        if (what.channel == channel::whatsapp && !net::twilio::is_of_the_number(found.error_code)) {
            outcome.sms_instead = reason::whatsapp_failed;
        }
    }
    return result;
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
            if (answer.retry_after > 0s) {
                result.sign = provider_sign::busy;
                result.hold = answer.retry_after;
            }
            retry_or_expire(outcome, later(answer.retry_after));
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
            // Claimed again it is read again: what was revoked is superseded by that, if it is to be.
            result.sign = provider_sign::none;
            outcome = untried(what, now, now);
            break;
        case text_verdict::no_turn:
            result.sign = provider_sign::crowded;
            outcome = untried(what, now, now + pause_when_crowded);
            break;
        case text_verdict::held:
            result.sign = provider_sign::busy;
            result.hold = answer.retry_after;
            outcome = untried(what, now, now + answer.retry_after);
            break;
    }
    return result;
}

}  // namespace punctual::jobs
