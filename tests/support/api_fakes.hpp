#pragma once
// What the API stands on, as a test sets it: a clock that stands still, a store of a few rows, rooms
// that open or do not.

#include "jobs/health.hpp"
#include "jobs/room_service.hpp"
#include "net/async/clock.hpp"
#include "net/store/inbox.hpp"
#include "net/store/store.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace punctual::test {

// Reads a time that the test sets; nothing waits on it.
class standing_clock final : public net::clock {
public:
    [[nodiscard]] wall_time wall_now() const override { return now; }
    [[nodiscard]] boot_time boot_now() const override { return net::boot_now(); }
    [[nodiscard]] std::unique_ptr<net::alarm> make_alarm() override { return nullptr; }
    [[nodiscard]] std::unique_ptr<net::wall_alarm> make_wall_alarm() override { return nullptr; }

    wall_time now{};
};

class set_health final : public jobs::health_source {
public:
    [[nodiscard]] jobs::health_report look() const override { return report; }

    jobs::health_report report{.database_connected = true, .listening = true, .snapshot_loaded = true};
};

class set_rooms final : public jobs::room_service {
public:
    [[nodiscard]] net::task<result<jobs::room_info>> open_room(domain::appointment_id id, deadline until) override;
    [[nodiscard]] net::task<result<>> room_ended(std::string name, std::string sid, deadline until) override;

    result<jobs::room_info> answer;
    std::vector<domain::appointment_id> opened;
    std::vector<std::pair<std::string, std::string>> ended;
};

// Remembers what it is told and answers what a test has set.
class set_inbox final : public net::inbox {
public:
    [[nodiscard]] net::task<result<net::inbound_effect>> receive(net::inbound_message what, deadline until) override;
    [[nodiscard]] net::task<result<std::vector<net::unread_message>>> take_unread(std::size_t limit,
                                                                                  std::chrono::seconds lease,
                                                                                  deadline until) override;
    [[nodiscard]] net::task<result<>> mark_forwarded(std::string key, deadline until) override;
    [[nodiscard]] net::task<result<>> opt_out(std::string number, deadline until) override;
    [[nodiscard]] net::task<result<net::resent>> resend(domain::appointment_id appointment, std::string delivery,
                                                        domain::person_id by, deadline until) override;

    std::optional<error> away;  // set: every call fails with it
    net::inbound_effect effect;
    net::resent answer;
    std::vector<net::unread_message> unread;  // given once
    std::vector<net::inbound_message> received;
    std::vector<std::string> forwarded;
    std::vector<std::string> opted_out;
    std::vector<std::tuple<domain::appointment_id, std::string, domain::person_id>> resends;
};

// The calls that the API makes; all others fail as a database that is away.
class api_store final : public net::store {
public:
    // Set: every call fails with it.
    std::optional<error> away;
    std::map<domain::person_id, domain::person> people;
    std::map<domain::appointment_id, net::api_appointment> appointments;
    std::vector<net::api_delivery> delivery_rows;
    std::string known_delivery;

    struct webhook {
        std::string source, key, form;
    };
    std::vector<webhook> webhooks;
    std::vector<net::message_status> statuses;
    std::vector<deadline> deadlines;  // of every call
    std::vector<std::string> calls;   // in order, by name

    net::task<result<std::optional<domain::person>>> find_person(domain::person_id id, deadline until) override;
    net::task<result<std::optional<net::api_appointment>>> find_appointment(domain::appointment_id id,
                                                                            deadline until) override;
    net::task<result<std::vector<net::api_appointment>>> upcoming(std::optional<domain::person_id> who, wall_time from,
                                                                  wall_time after_start,
                                                                  domain::appointment_id after_id, std::size_t limit,
                                                                  deadline until) override;
    net::task<result<std::vector<net::api_delivery>>> deliveries(domain::appointment_id id, deadline until) override;
    net::task<result<std::vector<net::callback_effect>>> record_callbacks(std::vector<net::message_callback> came,
                                                                          deadline until) override;
    net::task<result<net::message_binding>> bind_message(domain::delivery_id id, std::vector<std::string> candidates,
                                                         deadline until) override;
    net::task<result<>> record_webhook(std::string source, std::string key, std::string form, deadline until) override;

    net::task<result<>> check_schema(deadline until) override;
    net::task<result<net::feed_mark>> snapshot(wall_time from, wall_time until_start,
                                               std::function<void(const domain::scheduled_visit&)> each,
                                               deadline until) override;
    net::task<result<net::feed_look>> look(net::feed_mark mark, std::size_t limit, deadline until) override;
    net::task<result<std::vector<domain::claimed_delivery>>> settle(net::settlement what, net::lease_terms lease,
                                                                    deadline until) override;
    net::task<result<std::vector<domain::claimed_delivery>>> claim(std::vector<domain::planned_delivery> wanted,
                                                                   net::lease_terms lease, deadline until) override;
    net::task<result<std::vector<domain::claimed_delivery>>> claim_retries(std::vector<domain::channel> channels,
                                                                           wall_time now, std::size_t limit,
                                                                           net::lease_terms lease,
                                                                           deadline until) override;
    net::task<result<std::optional<wall_time>>> next_retry(std::vector<domain::channel> channels,
                                                           deadline until) override;
    net::task<result<std::vector<net::abandoned_claim>>> take_abandoned(std::size_t limit,
                                                                        std::vector<domain::delivery_id> known,
                                                                        net::lease_terms lease,
                                                                        deadline until) override;
    net::task<result<std::vector<domain::claimed_delivery>>> reclaim(std::vector<domain::delivery_id> known,
                                                                     net::lease_terms lease, deadline until) override;
    net::task<result<std::vector<domain::delivery_id>>> renew(std::vector<domain::delivery_id> ids,
                                                              net::lease_terms lease, deadline until) override;
    net::task<result<>> record(std::vector<domain::outcome> outcomes, deadline until) override;
    net::task<result<>> record_room(domain::appointment_id id, std::string sid, deadline until) override;
    net::task<result<bool>> complete_appointment(domain::appointment_id id, deadline until) override;
    net::task<result<std::vector<open_room>>> rooms_to_clean(wall_time ended_before, std::size_t limit,
                                                             deadline until) override;
    net::task<result<>> record_room_ended(domain::appointment_id id, std::string sid, deadline until) override;
    net::task<result<net::database_health>> health(deadline until) override;
    net::task<result<std::int64_t>> settle_orphans(deadline until) override;
    net::task<result<>> purge(deadline until) override;

private:
    [[nodiscard]] bool begin(std::string name, deadline until);
};

}  // namespace punctual::test
