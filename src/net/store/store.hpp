#pragma once
// Everything the daemon reads and writes in the database, as use cases; all SQL text is behind it
// (postgres_store*.cpp). The simulation has a store of rows in memory. Every call is one transaction.

#include "domain/change.hpp"
#include "domain/delivery.hpp"
#include "domain/policy.hpp"
#include "domain/result.hpp"
#include "net/async/task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace punctual::net {

// Where a reader of the change feed stands. Ids do not commit in order, so it is not "the last id":
// rows of transactions that may still have been open at the start of the last round are read again
// (pg_current_snapshot()), and a round is paged by transaction and id.
struct feed_mark {
    std::uint64_t round_from = 0;  // page position: rows after (this transaction, after_id)
    std::uint64_t next_from = 0;   // where the next round will begin; 0: no round is open
    std::int64_t after_id = 0;
    // As pg_current_snapshot() spells them: what has been read, and what the open round reads. Empty
    // for none. A row is given once, however long an older transaction stays open.
    std::string seen;
    std::string round;

    [[nodiscard]] bool in_round() const noexcept { return !round.empty(); }
    // In a round: where to read what it does not show, so that a long round keeps nothing waiting. When the
    // round has come to its end, this mark alone is the one to go on from.
    [[nodiscard]] feed_mark beyond_round() const {
        feed_mark mark;
        mark.round_from = next_from;
        mark.seen = round;
        return mark;
    }
};

// When something will be waiting for whichever daemon is there, by any daemon's doing.
struct waiting_rows {
    // The next row that is to be tried again; for SMS also the next WhatsApp message whose silence is over.
    std::vector<std::pair<domain::channel, wall_time>> tries;
    // The first lease to run out, of anybody's claims; by the database's clock.
    std::optional<wall_time> lease_end;
};

struct feed_look {
    std::vector<domain::appointment_change> changes;
    std::vector<domain::person_id> people;  // rows of people that changed
    // Rows that nothing can be made of (punctual.is_sound); their changes are settled already.
    std::vector<domain::appointment_id> refused;
    feed_mark next;
    bool more = false;  // the page was full: look again at once
    waiting_rows waiting;
};

// What a look at the feed led to: written, with its deliveries claimed, in one transaction.
struct settlement {
    struct entry {
        domain::appointment_id appointment = 0;
        std::int32_t version = 1;
        std::vector<std::int64_t> change_ids;
        // What people have now been told, or nullopt to leave that as it is.
        std::optional<domain::appointment_image> told;
    };
    std::vector<entry> entries;
    std::vector<domain::planned_delivery> deliveries;
};

struct lease_terms {
    std::string instance;  // this process
    std::chrono::seconds length{30};
    boot_time granted_at{};  // read before the statement was sent
};

// A row whose lease ran out while it was `claimed`: its outcome is unknown.
struct abandoned_claim {
    domain::claimed_delivery delivery;  // claimed again, for this process
};

struct api_appointment {
    domain::appointment_id id = 0;
    domain::appointment_image image;
    std::int32_t version = 1;
    std::string room_name;  // fixed; assigned by the read when there was none and it is telehealth
    std::string room_sid;   // last known at Twilio, may have ended
    std::string patient_email;
    std::string psychologist_email;
    wall_time created_at{};
};

struct api_delivery {
    domain::delivery_id id;
    std::string kind;
    std::string channel;
    domain::person_id recipient = 0;
    std::string recipient_role;
    std::int32_t version = 1;
    std::string state;
    std::string reason;
    std::optional<wall_time> due_at, useless_after, next_attempt_at, claimed_at, accepted_at, delivered_at;
    std::int32_t attempts = 0;
    std::string provider_id, provider_status, error_code, error_text;
    std::optional<wall_time> updated_at;
};

struct message_status {
    domain::delivery_id delivery;
    std::string provider_id;
    std::string status;  // Twilio's word
    std::string error_code;
};

// A status callback, or what Twilio has answered when it was asked for a message's status. With no delivery's id in
// it, it is kept and changes nothing.
struct message_callback {
    message_status what;
    std::string key;   // makes a repetition harmless; empty: no request, nothing to keep
    std::string form;  // the request as it came
};

struct callback_effect {
    bool known = false;  // of a delivery that there is
    bool sms = false;    // an SMS was put in the place of a message that failed
};

// Whose a message is that Twilio lists and whose answer was lost.
struct message_binding {
    std::string sid;    // bound to the delivery, now or before; empty: none of those asked for
    bool wait = false;  // not to be said yet: another text to the same person is under way, or is to choose first
};

struct database_health {
    wall_time now{};                // the database's clock
    double notify_queue_usage = 0;  // 0..1, pg_notification_queue_usage()
    std::int64_t overdue = 0;       // retrying rows due more than 60 s ago; at most 10,000 are counted
};

class store {
public:
    virtual ~store() = default;

    // Compares the schema with what this program was built for; the error names what is missing.
    [[nodiscard]] virtual task<result<>> check_schema(deadline until) = 0;

    // --- schedule -------------------------------------------------------------------------------
    // Every open appointment that ends after `from` and starts before `until_start`, in no order; the
    // mark to follow the feed from is taken before the rows are read.
    [[nodiscard]] virtual task<result<feed_mark>> snapshot(wall_time from, wall_time until_start,
                                                           std::function<void(const domain::scheduled_visit&)> each,
                                                           deadline until) = 0;
    [[nodiscard]] virtual task<result<feed_look>> look(feed_mark mark, std::size_t limit, deadline until) = 0;

    // --- deliveries -----------------------------------------------------------------------------
    // Gives back the deliveries that were to be claimed and are now ours. Unsent rows of older
    // versions become superseded.
    [[nodiscard]] virtual task<result<std::vector<domain::claimed_delivery>>> settle(settlement what, lease_terms lease,
                                                                                     deadline until) = 0;
    // Inserts rows that are not there yet; reads the appointment again: cancelled, moved (another
    // version) or gone means no row.
    [[nodiscard]] virtual task<result<std::vector<domain::claimed_delivery>>> claim(
        std::vector<domain::planned_delivery> wanted, lease_terms lease, deadline until) = 0;
    // Rows in `retrying` on these channels whose next_attempt_at has come, most useful first. Those past
    // useless_after become expired, those of an old version superseded. With SMS among the channels, a WhatsApp
    // message of which nothing final is known by its fallback_at has one put in its place first.
    [[nodiscard]] virtual task<result<std::vector<domain::claimed_delivery>>> claim_retries(
        std::vector<domain::channel> channels, wall_time now, std::size_t limit, lease_terms lease, deadline until) = 0;
    // When the next of them is due, a fallback_at included; nullopt: none.
    [[nodiscard]] virtual task<result<std::optional<wall_time>>> next_retry(std::vector<domain::channel> channels,
                                                                            deadline until) = 0;
    // Rows still `claimed` whose lease has run out, taken over (attempts counted) and marked outcome_unknown.
    // Not given back but unconfirmed: a mail at its tenth attempt or later that was so marked before, and what speaks
    // of another version. Those in `known` are left alone: the caller is sending them, or holds what came of them.
    [[nodiscard]] virtual task<result<std::vector<abandoned_claim>>> take_abandoned(
        std::size_t limit, std::vector<domain::delivery_id> known, lease_terms lease, deadline until) = 0;
    // Binds the delivery to the first of these messages that is bound to no other, unless it is bound already. Of
    // several deliveries whose outcome is unknown the oldest chooses first; none is bound twice, whoever asks.
    [[nodiscard]] virtual task<result<message_binding>> bind_message(domain::delivery_id id,
                                                                     std::vector<std::string> candidates,
                                                                     deadline until) = 0;
    // Rows that are `claimed` by this very process and not among `known`: their claim's answer was lost. Judged
    // by the appointment as it is, attempts as they were. They may be known by the time that this answers.
    [[nodiscard]] virtual task<result<std::vector<domain::claimed_delivery>>> reclaim(
        std::vector<domain::delivery_id> known, lease_terms lease, deadline until) = 0;
    // Gives back the ids whose lease was still ours and has been prolonged.
    [[nodiscard]] virtual task<result<std::vector<domain::delivery_id>>> renew(std::vector<domain::delivery_id> ids,
                                                                               lease_terms lease, deadline until) = 0;
    // Idempotent; states only move forward. `sms_instead` of a WhatsApp row that moved: the SMS is there as
    // `retrying`, due at once, with all that the row has of the appointment.
    [[nodiscard]] virtual task<result<>> record(std::vector<domain::outcome> outcomes, deadline until) = 0;

    // --- webhooks -------------------------------------------------------------------------------
    // Writes all of them down, each with what it says of its delivery, in one commit; the answer has one effect for
    // each, in order. A WhatsApp that failed has an SMS in its place then, as record() has it.
    [[nodiscard]] virtual task<result<std::vector<callback_effect>>> record_callbacks(
        std::vector<message_callback> came, deadline until) = 0;
    // The request as it came, before it is answered; `key` makes a repetition harmless.
    [[nodiscard]] virtual task<result<>> record_webhook(std::string source, std::string key, std::string form,
                                                        deadline until) = 0;

    // --- rooms and visits -----------------------------------------------------------------------
    [[nodiscard]] virtual task<result<>> record_room(domain::appointment_id id, std::string sid, deadline until) = 0;
    // scheduled or confirmed, and ended by `now`: completed. False: it was not.
    [[nodiscard]] virtual task<result<bool>> complete_appointment(domain::appointment_id id, deadline until) = 0;
    // Rooms with a sid of ours, not known to have ended, whose appointment had ended by `ended_before`
    // or is cancelled.
    struct open_room {
        domain::appointment_id appointment = 0;
        std::string name;
        std::string sid;
        bool dropped = false;  // cancelled or deleted: whoever is in it has to leave
    };
    [[nodiscard]] virtual task<result<std::vector<open_room>>> rooms_to_clean(wall_time ended_before, std::size_t limit,
                                                                              deadline until) = 0;
    [[nodiscard]] virtual task<result<>> record_room_ended(domain::appointment_id id, std::string sid,
                                                           deadline until) = 0;

    // --- API ------------------------------------------------------------------------------------
    [[nodiscard]] virtual task<result<std::optional<domain::person>>> find_person(domain::person_id id,
                                                                                  deadline until) = 0;
    [[nodiscard]] virtual task<result<std::optional<api_appointment>>> find_appointment(domain::appointment_id id,
                                                                                        deadline until) = 0;
    // `who` empty: everybody's. After (starts_at, id) exclusive.
    [[nodiscard]] virtual task<result<std::vector<api_appointment>>> upcoming(std::optional<domain::person_id> who,
                                                                              wall_time from, wall_time after_start,
                                                                              domain::appointment_id after_id,
                                                                              std::size_t limit, deadline until) = 0;
    [[nodiscard]] virtual task<result<std::vector<api_delivery>>> deliveries(domain::appointment_id id,
                                                                             deadline until) = 0;

    // --- upkeep ---------------------------------------------------------------------------------
    [[nodiscard]] virtual task<result<database_health>> health(deadline until) = 0;
    // Rows of kinds that the plan does not have any more, which nothing else here ever looks at: `retrying` become
    // superseded, abandoned ones unconfirmed, and no SMS follows those accepted. How many there were.
    [[nodiscard]] virtual task<result<std::int64_t>> settle_orphans(deadline until) = 0;
    // Handled changes and webhooks older than their keeping time.
    [[nodiscard]] virtual task<result<>> purge(deadline until) = 0;
};

}  // namespace punctual::net
