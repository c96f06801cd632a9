#include "jobs/inbound_forwarder.hpp"

#include "net/twilio/signature.hpp"

#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using net::smtp::mail_verdict;

constexpr std::size_t page = 10;
// Waiting for a connection, greeting, TLS, AUTH, the message and two minutes for the dot's answer; what could not be
// sent is tried again when it is over.
constexpr std::chrono::seconds lease_time = 5min;
constexpr auto send_time = 4min;
constexpr auto statement_time = 10s;
constexpr std::chrono::milliseconds interval = 60s;
constexpr std::chrono::milliseconds pause_after_error = 10s;

}  // namespace

inbound_forwarder::inbound_forwarder(net::smtp::mailer& mailer, const net::rendering::composer& composer,
                                     net::inbox& inbox, net::clock& clock, net::logger& log, net::metrics& metrics)
    : mailer_{mailer},
      composer_{composer},
      inbox_{inbox},
      clock_{clock},
      log_{log},
      forwarded_{metrics.make_counter("punctual_inbound_forwarded_total", "Texts from people forwarded to the clinic")},
      refused_{metrics.make_counter("punctual_inbound_not_forwarded_total",
                                    "Texts from people that no mail could carry to the clinic")},
      alarm_{clock.make_alarm()} {}

void inbound_forwarder::wake() {
    alarm_->poke();
}

void inbound_forwarder::stop() {
    stopping_ = true;
    alarm_->poke();
}

net::task<> inbound_forwarder::run() {
    while (!stopping_) {
        const auto took = co_await forward_some();
        if (stopping_ || (took && *took == page)) {
            continue;
        }
        const auto pause = took ? interval : pause_after_error;
        if (co_await alarm_->wait_until(clock_.boot_now() + pause) == net::woken::cancelled) {
            break;
        }
    }
}

net::task<std::optional<std::size_t>> inbound_forwarder::forward_some() {
    const auto taken_at = clock_.boot_now();
    auto unread = co_await inbox_.take_unread(page, lease_time, taken_at + statement_time);
    if (!unread) {
        co_return std::nullopt;
    }
    for (auto& one : *unread) {
        if (stopping_) {
            break;
        }
        co_await forward(std::move(one), domain::lease{taken_at + lease_time});
    }
    co_return unread->size();
}

net::task<> inbound_forwarder::forward(net::unread_message what, domain::lease lease) {
    const auto form = net::twilio::parse_form(what.form).value_or(net::twilio::form_fields{});
    net::rendering::inbound_words words{.key = what.key,
                                        .number = std::move(what.number),
                                        .people = std::move(what.people),
                                        .text = std::string{net::twilio::find_field(form, "Body")},
                                        .attachments = std::string{net::twilio::find_field(form, "NumMedia")},
                                        .received_at = what.received_at};
    auto mail = composer_.compose_forward(words, clock_.wall_now());
    if (!mail) {
        refused_.add();
        log_.error("inbound_not_forwarded", {{"message", what.key}, {"why", "CLINIC_EMAIL takes no mail"}});
        co_return;
    }
    const auto answer = co_await mailer_.send(std::move(*mail), lease, clock_.boot_now() + send_time);
    const bool accepted = answer.verdict == mail_verdict::accepted;
    if (!accepted && answer.verdict != mail_verdict::bad_address && answer.verdict != mail_verdict::bad_message) {
        co_return;  // its lease runs out, and it is tried again
    }
    if (accepted) {
        forwarded_.add();
    } else {
        refused_.add();
        log_.error("inbound_not_forwarded", {{"message", what.key}, {"code", answer.code}});
    }
    const auto marked = co_await inbox_.mark_forwarded(std::move(what.key), clock_.boot_now() + statement_time);
    if (!marked) {
        log_.warning("inbound_not_marked", {{"error", marked.error().message()}});
    }
}

}  // namespace punctual::jobs
