#include "support/fake_providers.hpp"

#include "jobs/attempts.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {

std::expected<net::smtp::mail, domain::reason> fake_composer::compose_mail(const domain::claimed_delivery& what,
                                                                           wall_time) const {
    if (refusal) {
        return std::unexpected{*refusal};
    }
    return net::smtp::mail{.from = "no-reply@clinic.example", .to = what.recipient.email, .message = what.id};
}

std::expected<net::twilio::text_message, domain::reason> fake_composer::compose_text(
    const domain::claimed_delivery& what, wall_time) const {
    if (refusal) {
        return std::unexpected{*refusal};
    }
    const bool open = std::ranges::any_of(what.conversations, &domain::conversation::open);
    if (needs_conversation && what.channel == domain::channel::whatsapp && !open) {
        return std::unexpected{domain::reason::channel_not_configured};
    }
    net::twilio::text_message message;
    message.channel = what.channel;
    message.to = what.recipient.phone;
    message.content_sid = content_sid;
    message.content_variables = content_variables;
    message.body = content_sid.empty() ? what.id : std::string{};
    return message;
}

net::task<net::smtp::mail_outcome> fake_mailer::send(net::smtp::mail what, domain::lease lease, deadline until) {
    asked.push_back(std::move(what));
    leases.push_back(lease);
    const bool answered = co_await gate.pass(until);
    if (!answered) {
        net::smtp::mail_outcome none;
        none.verdict = net::smtp::mail_verdict::retry_connection;
        co_return none;
    }
    co_return answer;
}

net::task<net::twilio::text_outcome> fake_messenger::send(net::twilio::text_message what, domain::lease,
                                                          deadline until) {
    asked.push_back(std::move(what));
    const bool answered = co_await gate.pass(until);
    if (!answered) {
        net::twilio::text_outcome none;
        none.verdict = net::twilio::text_verdict::ask_first;
        co_return none;
    }
    co_return answer;
}

net::task<std::optional<std::vector<net::twilio::listed_message>>> fake_messenger::list(domain::channel, std::string,
                                                                                        wall_time, deadline) {
    ++lists;
    co_return listed;
}

net::task<std::optional<net::twilio::listed_message>> fake_messenger::find(std::string sid, deadline until) {
    asked_after.push_back(sid);
    const bool answered = co_await desk.pass(until);
    const auto at = kept.find(sid);
    co_return !answered || at == kept.end() ? std::nullopt : std::optional{at->second};
}

net::task<result<net::twilio::room>> fake_rooms::ensure(std::string name, deadline until) {
    ++ensured;
    const bool answered = co_await gate.pass(until);
    if (away || !answered) {
        co_return failure(net::twilio::twilio_errc::unavailable);
    }
    auto& room = running[name];
    if (room.sid.empty()) {
        room = {.sid = "RM" + std::to_string(++made), .unique_name = name, .status = "in-progress"};
    }
    co_return room;
}

net::task<result<net::twilio::room>> fake_rooms::find(std::string name, deadline) {
    const auto at = running.find(name);
    if (away || at == running.end()) {
        co_return failure(away ? net::twilio::twilio_errc::unavailable : net::twilio::twilio_errc::not_found);
    }
    co_return at->second;
}

net::task<result<std::vector<net::twilio::room>>> fake_rooms::list_in_progress(deadline) {
    if (away) {
        co_return failure(net::twilio::twilio_errc::unavailable);
    }
    std::vector<net::twilio::room> all;
    for (const auto& [name, room] : running) {
        all.push_back(room);
    }
    co_return all;
}

net::task<result<std::size_t>> fake_rooms::connected(std::string sid, deadline) {
    if (away || refused.contains(sid)) {
        co_return failure(net::twilio::twilio_errc::unavailable);
    }
    const bool known = std::ranges::any_of(running, [&](const auto& one) { return one.second.sid == sid; });
    if (!known) {
        co_return failure(net::twilio::twilio_errc::not_found);
    }
    if (const auto at = crowds.find(sid); at != crowds.end()) {
        co_return at->second;
    }
    co_return static_cast<std::size_t>(
        std::ranges::count_if(people[sid], [](const auto& one) { return !one.left_at; }));
}

net::task<result<std::vector<net::twilio::room_participant>>> fake_rooms::participants(std::string sid, deadline) {
    if (away || refused.contains(sid)) {
        co_return failure(net::twilio::twilio_errc::unavailable);
    }
    if (unknown.contains(sid)) {
        co_return failure(net::twilio::twilio_errc::not_found);
    }
    co_return people[sid];
}

net::task<result<>> fake_rooms::remove(std::string sid, std::string participant, deadline) {
    if (away) {
        co_return failure(net::twilio::twilio_errc::unavailable);
    }
    for (auto& one : people[sid]) {
        if (one.sid == participant && !one.left_at) {
            one.left_at = one.joined_at;
            removed.push_back(participant);
        }
    }
    co_return result<>{};
}

std::string fake_rooms::join(const std::string& room, const std::string& identity, wall_time at) {
    auto sid = "PA" + room + std::to_string(people[room].size() + 1);
    people[room].push_back({.sid = sid, .identity = identity, .joined_at = at, .left_at = {}});
    return sid;
}

void fake_rooms::leave(const std::string& participant, wall_time at) {
    for (auto& [room, all] : people) {
        for (auto& one : all) {
            if (one.sid == participant) {
                one.left_at = at;
            }
        }
    }
}

net::task<result<>> fake_rooms::complete(std::string sid, deadline) {
    if (away) {
        co_return failure(net::twilio::twilio_errc::unavailable);
    }
    std::erase_if(running, [&](const auto& one) { return one.second.sid == sid; });
    completed.push_back(std::move(sid));
    co_return result<>{};
}

net::task<jobs::attempt> fake_sender::send(const domain::claimed_delivery& what) {
    if (skips && skips(what)) {
        co_return jobs::skipped(what, clock_.wall_now(), domain::reason::no_consent);
    }
    sent.push_back(what);
    handing_over(what);
    co_await gate.pass(boot_time::max());
    jobs::attempt result;
    result.sign = jobs::provider_sign::answered;
    result.outcome = jobs::begin_outcome(what, clock_.wall_now());
    if (judge) {
        judge(what, result);
    }
    co_return result;
}

}  // namespace punctual::test
