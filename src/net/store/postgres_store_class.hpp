#pragma once
// The class behind make_postgres_store; its members are defined by theme in postgres_store_*.cpp. Not
// for anybody else to include.

#include "net/store/gathered_lookup.hpp"
#include "net/store/postgres_store.hpp"
#include "net/store/statements.hpp"

#include <span>
#include <string_view>

namespace punctual::net {

class postgres_store final : public store {
public:
    postgres_store(postgres::database& database, const domain::policy& rules, store_use use);

    task<result<>> check_schema(deadline until) override;

    task<result<feed_mark>> snapshot(wall_time from, wall_time until_start,
                                     std::function<void(const domain::scheduled_visit&)> each, deadline until) override;
    task<result<feed_look>> look(feed_mark mark, std::size_t limit, deadline until) override;

    task<result<std::vector<domain::claimed_delivery>>> settle(settlement what, lease_terms lease,
                                                               deadline until) override;
    task<result<std::vector<domain::claimed_delivery>>> claim(std::vector<domain::planned_delivery> wanted,
                                                              lease_terms lease, deadline until) override;
    task<result<std::vector<domain::claimed_delivery>>> claim_retries(std::vector<domain::channel> channels,
                                                                      wall_time now, std::size_t limit,
                                                                      lease_terms lease, deadline until) override;
    task<result<std::optional<wall_time>>> next_retry(std::vector<domain::channel> channels, deadline until) override;
    task<result<std::vector<abandoned_claim>>> take_abandoned(std::size_t limit, std::vector<domain::delivery_id> known,
                                                              lease_terms lease, deadline until) override;
    task<result<message_binding>> bind_message(domain::delivery_id id, std::vector<std::string> candidates,
                                               deadline until) override;
    task<result<std::vector<domain::claimed_delivery>>> reclaim(std::vector<domain::delivery_id> known,
                                                                lease_terms lease, deadline until) override;
    task<result<std::vector<domain::delivery_id>>> renew(std::vector<domain::delivery_id> ids, lease_terms lease,
                                                         deadline until) override;
    task<result<>> record(std::vector<domain::outcome> outcomes, deadline until) override;

    task<result<std::vector<callback_effect>>> record_callbacks(std::vector<message_callback> came,
                                                                deadline until) override;
    task<result<>> record_webhook(std::string source, std::string key, std::string form, deadline until) override;

    task<result<>> record_room(domain::appointment_id id, std::string sid, deadline until) override;
    task<result<bool>> complete_appointment(domain::appointment_id id, deadline until) override;
    task<result<std::vector<open_room>>> rooms_to_clean(wall_time ended_before, std::size_t limit,
                                                        deadline until) override;
    task<result<>> record_room_ended(domain::appointment_id id, std::string sid, deadline until) override;

    task<result<std::optional<domain::person>>> find_person(domain::person_id id, deadline until) override;
    task<result<std::optional<api_appointment>>> find_appointment(domain::appointment_id id, deadline until) override;
    task<result<std::vector<api_appointment>>> upcoming(std::optional<domain::person_id> who, wall_time from,
                                                        wall_time after_start, domain::appointment_id after_id,
                                                        std::size_t limit, deadline until) override;
    task<result<std::vector<api_delivery>>> deliveries(domain::appointment_id id, deadline until) override;

    task<result<database_health>> health(deadline until) override;
    task<result<std::int64_t>> settle_orphans(deadline until) override;
    task<result<>> purge(deadline until) override;

private:
    // Runs a statement whose answer is claimed rows.
    task<result<std::vector<domain::claimed_delivery>>> claimed_by(std::string_view sql, postgres::parameters with,
                                                                   lease_terms lease, deadline until);
    task<result<gathered_lookup<domain::person>::answers>> find_people(std::vector<std::int64_t> ids, deadline until);
    task<result<gathered_lookup<api_appointment>::answers>> find_appointments(std::vector<std::int64_t> ids,
                                                                              deadline until);
    task<result<>> execute(std::string_view sql, postgres::parameters with, deadline until);
    // Changes of rows that nothing can be made of: settled without a word to anybody.
    task<result<>> settle_refused(std::vector<settlement::entry> entries, deadline until);

    statements database_;
    store_use use_;
    const domain::policy& rules_;
    std::vector<std::string> kinds_;  // the names that today's plan knows
    gathered_lookup<domain::person> people_;
    gathered_lookup<api_appointment> appointments_;
};

// Pieces of SQL that several statements are made of.
namespace sql {

// The version of an appointment now, given the SQL of its id and of appointment_state's version.
[[nodiscard]] std::string current_version(std::string_view id, std::string_view state_version);
// "select …": everything that a claimed_delivery needs of the rows of `source`, named d, in the order
// that read_claimed reads. `rooms` (appointment_id, room_name) holds names given in the same statement.
//
// The planner takes arrays and CTEs for a row or ten, and joins them with each other row by row: joins
// with `rooms` would be quadratic in a batch, so it becomes one map. Tables are joined laterally behind
// "offset 0", which leaves only the look-up by key, whatever the statistics say of a table that was
// empty when it was analyzed.
[[nodiscard]] std::string claimed_columns(std::string_view source);
// The SMS in place of the WhatsApp rows in `rows` (a delivery's columns, sms_reason, sms_at), due at once. In
// the statement that makes it necessary: a crash leaves both or neither. All it tells of comes from the row,
// which outlives the appointment.
[[nodiscard]] std::string insert_sms(std::string_view rows);
// " from rows d …": joined with the appointment as it is (a, s), and h.holds, which tells that a row still speaks of
// that. A cancellation speaks of what was, and holds unless its recipient is part of the open appointment again.
[[nodiscard]] std::string judged_from(std::string_view rows);
// Columns of an image in the order that read_image reads; `image` is SQL of the composite type.
[[nodiscard]] std::string image_columns(std::string_view image);
// Appends the deliveries to be inserted as eleven arrays.
void add_planned(postgres::parameters& to, const domain::policy& rules,
                 const std::vector<domain::planned_delivery>& wanted);

}  // namespace sql

// Reads the seven columns of an image; nullopt when its start is null.
[[nodiscard]] std::optional<domain::appointment_image> read_image(postgres::row_reader& row);
// The columns of claimed_columns(); nullopt when row.mistake() says why.
[[nodiscard]] std::optional<domain::claimed_delivery> read_claimed(postgres::row_reader& row,
                                                                   const domain::policy& rules);
// A Postgres array of integers as text, {1,2,3}; null is empty.
[[nodiscard]] std::vector<std::int64_t> read_ids(postgres::row_reader& row);
template <class Enum>
[[nodiscard]] Enum read_word(postgres::row_reader& row, std::string_view expected) {
    const auto value = domain::parse<Enum>(row.word());
    if (!value) {
        row.refuse(expected);
    }
    return value.value_or(Enum{});
}
[[nodiscard]] bool is_uuid(std::string_view text) noexcept;

}  // namespace punctual::net
