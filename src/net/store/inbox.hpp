#pragma once
// The database as those see it who deal with what people write to us (Twilio's inbound messages), and with staff who
// want a message sent again. Every call is one transaction. Numbers and texts pass through and are kept nowhere here.

#include "domain/inbound.hpp"
#include "domain/result.hpp"
#include "domain/time.hpp"
#include "domain/vocabulary.hpp"
#include "net/async/task.hpp"
#include "net/postgres/database.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace punctual::net {

struct inbound_message {
    std::string key;         // Twilio's MessageSid: makes a repetition harmless
    std::string form;        // the request as it came
    std::string number;      // E.164, whom it is from; empty: nothing that can be one
    std::string sender;      // ours, that it was said to, as Twilio writes it
    std::string replied_to;  // the sid of the message that it answers, where Twilio says so
    domain::inbound_intent intent = domain::inbound_intent::other;
};

struct inbound_effect {
    std::optional<domain::appointment_id> confirmed;
    std::string locale;    // of the patient of that appointment
    bool forward = false;  // it waits for take_unread()
};

// A message that the clinic is to read.
struct unread_message {
    std::string key;
    std::string form;
    std::string number;
    wall_time received_at{};
    std::vector<std::string> people;  // names of those with that number
};

enum class resend_verdict : std::uint8_t {
    retrying,       // due at once
    not_found,      // no such delivery of that appointment
    under_way,      // it is being sent, or waits for another try
    superseded,     // the appointment was moved, cancelled or is gone
    too_late,       // its time of use has passed
    not_this_plan,  // of a kind that the reminder plan has no more
};

struct resent {
    resend_verdict verdict = resend_verdict::not_found;
    domain::channel channel = domain::channel::email;
};

class inbox {
public:
    virtual ~inbox() = default;

    // Written down and acted on, once; a repetition is told what the first did.
    [[nodiscard]] virtual task<result<inbound_effect>> receive(inbound_message what, deadline until) = 0;
    // The oldest that nobody has forwarded and nobody is forwarding; ours for `lease`. None older than a week.
    [[nodiscard]] virtual task<result<std::vector<unread_message>>> take_unread(std::size_t limit,
                                                                                std::chrono::seconds lease,
                                                                                deadline until) = 0;
    [[nodiscard]] virtual task<result<>> mark_forwarded(std::string key, deadline until) = 0;
    // A provider refuses the number because its owner said STOP to some sender (21610).
    [[nodiscard]] virtual task<result<>> opt_out(std::string number, deadline until) = 0;
    // `by`: who of the staff wants it.
    [[nodiscard]] virtual task<result<resent>> resend(domain::appointment_id appointment, std::string delivery,
                                                      domain::person_id by, deadline until) = 0;
};

// The database outlives it. `kinds`: the names that today's plan knows.
[[nodiscard]] std::unique_ptr<inbox> make_inbox(postgres::database& database, std::vector<std::string> kinds);

}  // namespace punctual::net
