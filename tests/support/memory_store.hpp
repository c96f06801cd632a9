#pragma once
// The store on rows in memory, with the rules of the SQL one: versions, the feed, unique deliveries, leases,
// states that only move forward. `memory_database` is what survives a crash of the daemon; `memory_store` is
// the daemon's connection to it and can be made to fail before or after a statement took effect.

#include "net/async/clock.hpp"
#include "net/store/store.hpp"
#include "net/store/visit_log.hpp"
#include "support/planted_bug.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace punctual::test {

struct memory_database {
    explicit memory_database(const domain::policy& policy) : rules{policy} {}

    struct change {
        std::int64_t id = 0;
        domain::appointment_id appointment = 0;
        std::int32_t version = 1;
        std::optional<domain::appointment_image> old;
        wall_time at{};
        bool booked = false;
        bool handled = false;
        domain::person_id person = 0;  // of a change of a person; it has no appointment
    };
    struct appointment_state {
        std::int32_t version = 0;  // 0: nothing settled yet
        wall_time version_at{};
        std::optional<domain::appointment_image> told;
        std::optional<domain::appointment_image> previous;
        std::string room_name;
        std::string room_sid;
        bool room_ended = false;
    };
    struct delivery {
        domain::planned_delivery plan;
        domain::delivery_id id;
        domain::person_id recipient = 0;
        domain::delivery_state state = domain::delivery_state::claimed;
        domain::reason reason = domain::reason::none;
        std::int32_t attempts = 0;
        std::int32_t claims = 0;
        wall_time created_at{};
        int taken_over = 0;  // by take_abandoned
        wall_time next_attempt_at{};
        std::string claimed_by;
        wall_time lease_until{};
        std::optional<wall_time> accepted_at;
        std::optional<wall_time> fallback_at;
        std::string provider_id;
        std::optional<domain::appointment_image> stood;
        domain::delivery_id in_place_of;  // of an SMS; empty: of none
    };
    using delivery_key =
        std::tuple<domain::appointment_id, domain::kind, domain::channel, domain::person_id, std::int32_t>;

    // What the clinic does; each is one committed transaction.
    domain::person_id add_person(domain::person who);
    domain::appointment_id book(domain::appointment_image image, wall_time now);
    void change_to(domain::appointment_id id, domain::appointment_image image, wall_time now);
    void remove(domain::appointment_id id, wall_time now);
    // After a change of `people`.
    void person_changed(domain::person_id id, wall_time now);

    // As a failover to a standby that was behind: appointments, the feed and the deliveries are what `was` had.
    void lose_commits_since(const memory_database& was);

    [[nodiscard]] std::int32_t version_of(domain::appointment_id id) const;
    // When that version was written.
    [[nodiscard]] wall_time version_at(domain::appointment_id id) const;
    [[nodiscard]] std::vector<const delivery*> deliveries_of(domain::appointment_id id) const;
    // Rows that somebody still has to look at: claimed, retrying, or accepted with a fallback to come. In the
    // order of the table; good until a row is added. Weeks of settled rows are not gone through each time.
    [[nodiscard]] const std::vector<delivery*>& waiting();
    // A row that was settled is not any more.
    void reconsider() noexcept { waiting_of_ = 0; }
    // Changes from the first that nobody has settled.
    [[nodiscard]] std::span<const change> unsettled() const;

    const domain::policy& rules;
    std::map<domain::person_id, domain::person> people;
    std::map<domain::appointment_id, domain::appointment_image> appointments;
    std::map<domain::appointment_id, wall_time> booked_at;
    std::map<domain::appointment_id, appointment_state> states;
    std::vector<change> changes;
    std::map<domain::delivery_id, delivery> deliveries;
    std::map<delivery_key, domain::delivery_id> keys;
    // The visit log (memory_visit_log.hpp).
    std::map<std::string, domain::appointment_id> rooms;                        // by sid
    std::map<std::string, wall_time> room_ends;                                 // by sid
    std::vector<net::kept_event> kept_events;                                   // not acted on
    std::map<std::string, std::pair<domain::appointment_id, net::stay>> stays;  // by the participant's sid
    std::map<domain::appointment_id, net::no_show_proposal> no_shows;
    std::map<std::string, wall_time> chores;
    std::function<void()> bell;  // rung after a commit
    std::int64_t last_id = 0;

private:
    void append(domain::appointment_id id, std::optional<domain::appointment_image> old, bool raises, bool booked,
                wall_time now);

    std::vector<delivery*> waiting_;
    std::size_t waiting_of_ = 0;  // rows of the table when it was made
    mutable std::size_t settled_ = 0;
};

enum class store_fault : std::uint8_t {
    none,
    away,     // not_connected: nothing happened
    unknown,  // it happened, and the answer was lost
    refused,  // by the server; record_callbacks alone
};

class memory_store final : public net::store {
public:
    memory_store(memory_database& rows, net::clock& clock) : rows_{rows}, clock_{clock} {}

    // Asked before every call, by its name.
    std::function<store_fault(std::string_view call)> fault;
    // Awaited in every call, before it takes effect; for interleavings.
    std::function<net::task<>(std::string_view call)> pause;
    std::map<std::string, int> calls;
    planted_bug bug = planted_bug::none;
    // A settlement with one of these in it is refused, as by a trigger or a constraint of the clinic's.
    std::set<domain::appointment_id> indigestible;
    // Rows of an earlier plan. They cannot be among the deliveries, whose kinds are today's.
    std::int64_t orphans = 0;
    std::chrono::seconds ahead{0};  // the database's clock

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
    net::task<result<std::vector<net::callback_effect>>> record_callbacks(std::vector<net::message_callback> came,
                                                                          deadline until) override;
    net::task<result<net::message_binding>> bind_message(domain::delivery_id id, std::vector<std::string> candidates,
                                                         deadline until) override;
    net::task<result<>> record_webhook(std::string source, std::string key, std::string form, deadline until) override;
    net::task<result<>> record_room(domain::appointment_id id, std::string sid, deadline until) override;
    net::task<result<bool>> complete_appointment(domain::appointment_id id, deadline until) override;
    net::task<result<std::vector<open_room>>> rooms_to_clean(wall_time ended_before, std::size_t limit,
                                                             deadline until) override;
    net::task<result<>> record_room_ended(domain::appointment_id id, std::string sid, deadline until) override;
    net::task<result<std::optional<domain::person>>> find_person(domain::person_id id, deadline until) override;
    net::task<result<std::optional<net::api_appointment>>> find_appointment(domain::appointment_id id,
                                                                            deadline until) override;
    net::task<result<std::vector<net::api_appointment>>> upcoming(std::optional<domain::person_id> who, wall_time from,
                                                                  wall_time after_start,
                                                                  domain::appointment_id after_id, std::size_t limit,
                                                                  deadline until) override;
    net::task<result<std::vector<net::api_delivery>>> deliveries(domain::appointment_id id, deadline until) override;
    net::task<result<net::database_health>> health(deadline until) override;
    net::task<result<std::int64_t>> settle_orphans(deadline until) override;
    net::task<result<>> purge(deadline until) override;

private:
    [[nodiscard]] net::waiting_rows what_waits() const;
    [[nodiscard]] net::task<store_fault> begin(std::string_view call);
    [[nodiscard]] bool holds(const memory_database::delivery& row) const;
    [[nodiscard]] memory_database::delivery* insert(const domain::planned_delivery& plan,
                                                    const net::lease_terms& lease);
    // What one callback says of its row; true: an SMS was put in its place.
    bool note_status(memory_database::delivery& row, const net::message_status& what);
    // As record_sql has it: the SMS in place of a WhatsApp message.
    void insert_sms(const memory_database::delivery& whatsapp, domain::reason why, wall_time at);
    void insert_sms_of_silent(wall_time now);
    void take(memory_database::delivery& row, const net::lease_terms& lease);
    [[nodiscard]] domain::claimed_delivery describe(const memory_database::delivery& row,
                                                    const net::lease_terms& lease);
    void assign_room(domain::appointment_id id);

    memory_database& rows_;
    net::clock& clock_;
    std::map<domain::person_id, domain::person> first_read_;  // for planted_bug::old_consent
};

}  // namespace punctual::test
