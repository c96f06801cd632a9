#include "support/api_fakes.hpp"

#include "net/store/store_error.hpp"

#include <algorithm>

namespace punctual::test {
namespace {

const error not_there{net::store_errc::not_connected, "not part of this store"};

template <class T>
result<T> missing() {
    return std::unexpected{not_there};
}

}  // namespace

net::task<result<jobs::room_info>> set_rooms::open_room(domain::appointment_id id, deadline) {
    opened.push_back(id);
    co_return answer;
}

net::task<result<>> set_rooms::room_ended(std::string name, std::string sid, deadline) {
    ended.emplace_back(std::move(name), std::move(sid));
    co_return result<>{};
}

net::task<result<>> set_room_events::take(net::room_event what, deadline) {
    if (away) {
        co_return std::unexpected{*away};
    }
    taken.push_back(std::move(what));
    co_return result<>{};
}

bool api_store::begin(std::string name, deadline until) {
    calls.push_back(std::move(name));
    deadlines.push_back(until);
    return !away;
}

net::task<result<std::optional<domain::person>>> api_store::find_person(domain::person_id id, deadline until) {
    if (!begin("find_person", until)) {
        co_return std::unexpected{*away};
    }
    const auto at = people.find(id);
    co_return at == people.end() ? std::nullopt : std::optional{at->second};
}

net::task<result<std::optional<net::api_appointment>>> api_store::find_appointment(domain::appointment_id id,
                                                                                   deadline until) {
    if (!begin("find_appointment", until)) {
        co_return std::unexpected{*away};
    }
    const auto at = appointments.find(id);
    co_return at == appointments.end() ? std::nullopt : std::optional{at->second};
}

net::task<result<std::vector<net::api_appointment>>> api_store::upcoming(std::optional<domain::person_id> who,
                                                                         wall_time from, wall_time after_start,
                                                                         domain::appointment_id after_id,
                                                                         std::size_t limit, deadline until) {
    if (!begin("upcoming", until)) {
        co_return std::unexpected{*away};
    }
    std::vector<net::api_appointment> out;
    for (const auto& [id, one] : appointments) {
        const auto& image = one.image;
        if ((!who || *who == image.patient || *who == image.psychologist) && image.what.ends_at() > from &&
            std::pair{image.what.starts_at, id} > std::pair{after_start, after_id}) {
            out.push_back(one);
        }
    }
    std::ranges::sort(out, {}, [](const auto& one) { return std::pair{one.image.what.starts_at, one.id}; });
    out.resize(std::min(out.size(), limit));
    co_return out;
}

net::task<result<std::vector<net::api_delivery>>> api_store::deliveries(domain::appointment_id, deadline until) {
    if (!begin("deliveries", until)) {
        co_return std::unexpected{*away};
    }
    co_return delivery_rows;
}

net::task<result<std::vector<net::callback_effect>>> api_store::record_callbacks(
    std::vector<net::message_callback> came, deadline until) {
    if (!begin("record_callbacks", until)) {
        co_return std::unexpected{*away};
    }
    std::vector<net::callback_effect> effects;
    for (auto& one : came) {
        const bool known = !known_delivery.empty() && one.what.delivery == known_delivery;
        effects.push_back({.known = known, .sms = known && one.what.status == "failed"});
        webhooks.push_back({.source = "message_status", .key = std::move(one.key), .form = std::move(one.form)});
        statuses.push_back(std::move(one.what));
    }
    co_return effects;
}

net::task<result<net::message_binding>> api_store::bind_message(domain::delivery_id, std::vector<std::string>,
                                                                deadline) {
    co_return missing<net::message_binding>();
}

net::task<result<>> api_store::record_webhook(std::string source, std::string key, std::string form, deadline until) {
    if (!begin("record_webhook", until)) {
        co_return std::unexpected{*away};
    }
    webhooks.push_back({.source = std::move(source), .key = std::move(key), .form = std::move(form)});
    co_return result<>{};
}

net::task<result<>> api_store::check_schema(deadline) {
    co_return missing<void>();
}
net::task<result<net::feed_mark>> api_store::snapshot(wall_time, wall_time,
                                                      std::function<void(const domain::scheduled_visit&)>, deadline) {
    co_return missing<net::feed_mark>();
}
net::task<result<net::feed_look>> api_store::look(net::feed_mark, std::size_t, deadline) {
    co_return missing<net::feed_look>();
}
net::task<result<std::vector<domain::claimed_delivery>>> api_store::settle(net::settlement, net::lease_terms,
                                                                           deadline) {
    co_return missing<std::vector<domain::claimed_delivery>>();
}
net::task<result<std::vector<domain::claimed_delivery>>> api_store::claim(std::vector<domain::planned_delivery>,
                                                                          net::lease_terms, deadline) {
    co_return missing<std::vector<domain::claimed_delivery>>();
}
net::task<result<std::vector<domain::claimed_delivery>>> api_store::claim_retries(std::vector<domain::channel>,
                                                                                  wall_time, std::size_t,
                                                                                  net::lease_terms, deadline) {
    co_return missing<std::vector<domain::claimed_delivery>>();
}
net::task<result<std::optional<wall_time>>> api_store::next_retry(std::vector<domain::channel>, deadline) {
    co_return missing<std::optional<wall_time>>();
}
net::task<result<std::vector<net::abandoned_claim>>> api_store::take_abandoned(std::size_t,
                                                                               std::vector<domain::delivery_id>,
                                                                               net::lease_terms, deadline) {
    co_return missing<std::vector<net::abandoned_claim>>();
}
net::task<result<std::vector<domain::claimed_delivery>>> api_store::reclaim(std::vector<domain::delivery_id>,
                                                                            net::lease_terms, deadline) {
    co_return missing<std::vector<domain::claimed_delivery>>();
}
net::task<result<std::vector<domain::delivery_id>>> api_store::renew(std::vector<domain::delivery_id>, net::lease_terms,
                                                                     deadline) {
    co_return missing<std::vector<domain::delivery_id>>();
}
net::task<result<>> api_store::record(std::vector<domain::outcome>, deadline) {
    co_return missing<void>();
}
net::task<result<>> api_store::record_room(domain::appointment_id, std::string, deadline) {
    co_return missing<void>();
}
net::task<result<bool>> api_store::complete_appointment(domain::appointment_id, deadline) {
    co_return missing<bool>();
}
net::task<result<std::vector<net::store::open_room>>> api_store::rooms_to_clean(wall_time, std::size_t, deadline) {
    co_return missing<std::vector<open_room>>();
}
net::task<result<>> api_store::record_room_ended(domain::appointment_id, std::string, deadline) {
    co_return missing<void>();
}
net::task<result<net::database_health>> api_store::health(deadline) {
    co_return missing<net::database_health>();
}
net::task<result<std::int64_t>> api_store::settle_orphans(deadline) {
    co_return missing<std::int64_t>();
}
net::task<result<>> api_store::purge(deadline) {
    co_return missing<void>();
}

net::task<result<net::inbound_effect>> set_inbox::receive(net::inbound_message what, deadline) {
    received.push_back(std::move(what));
    if (away) {
        co_return std::unexpected{*away};
    }
    co_return effect;
}

net::task<result<std::vector<net::unread_message>>> set_inbox::take_unread(std::size_t, std::chrono::seconds,
                                                                           deadline) {
    if (away) {
        co_return std::unexpected{*away};
    }
    co_return std::exchange(unread, {});
}

net::task<result<>> set_inbox::mark_forwarded(std::string key, deadline) {
    forwarded.push_back(std::move(key));
    co_return result<>{};
}

net::task<result<>> set_inbox::opt_out(std::string number, deadline) {
    if (away) {
        co_return std::unexpected{*away};
    }
    opted_out.push_back(std::move(number));
    co_return result<>{};
}

net::task<result<net::resent>> set_inbox::resend(domain::appointment_id appointment, std::string delivery,
                                                 domain::person_id by, deadline) {
    if (away) {
        co_return std::unexpected{*away};
    }
    resends.emplace_back(appointment, std::move(delivery), by);
    co_return answer;
}

}  // namespace punctual::test
