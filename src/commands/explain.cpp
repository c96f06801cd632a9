#include "commands/commands.hpp"
#include "commands/errand.hpp"
#include "commands/instant.hpp"
#include "commands/load_settings.hpp"
#include "domain/planning.hpp"
#include "net/store/postgres_store.hpp"
#include "net/store/postgres_visit_log.hpp"
#include "net/store/row_check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace punctual::commands {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;
using domain::reason;

constexpr auto database_time = 8s;

std::string_view words_of(std::optional<reason> why) {
    switch (why.value_or(reason::none)) {
        case reason::none:
            break;
        case reason::booked_inside_window:
            return "its minute had passed when this was booked";
        case reason::no_address:
            return "there is no address that can be used";
        case reason::no_consent:
            return "no consent to texts";
        case reason::opted_out:
            return "this number said STOP";
        case reason::email_disabled:
            return "this person wants no e-mail";
        case reason::reminders_disabled:
            return "this person wants no reminders";
        case reason::quiet_hours:
            return "it would have come at night";
        case reason::channel_not_configured:
            return "the channel, or a template for it, is not configured";
        case reason::already_started:
            return "the appointment had begun";
        case reason::inactive:
            return "this person is inactive";
        case reason::shadow:
            return "the daemon only watched";
        case reason::whatsapp_failed:
            return "in place of a WhatsApp message that failed";
        case reason::whatsapp_silent:
            return "in place of a WhatsApp message of which nothing was heard";
        case reason::whatsapp_delivered:
            return "the WhatsApp message that it was to take the place of has arrived";
        case reason::outcome_unknown:
            return "an earlier try was cut off and may have arrived";
        case reason::reconciled:
            return "found at the provider after a try that was cut off";
    }
    return {};
}

std::string at_or(const std::optional<wall_time>& when) {
    return when ? instant_text(*when) : "an unknown time";
}

std::string what_became(const net::api_delivery& one) {
    const auto state = domain::parse<delivery_state>(one.state);
    switch (state.value_or(delivery_state::claimed)) {
        case delivery_state::claimed:
            return state ? "being sent since " + at_or(one.claimed_at) : one.state;
        case delivery_state::retrying:
            return "waits for " + at_or(one.next_attempt_at);
        case delivery_state::accepted:
            return "accepted by the provider at " + at_or(one.accepted_at);
        case delivery_state::delivered:
            return "delivered at " + at_or(one.delivered_at);
        case delivery_state::failed:
            return "failed at " + at_or(one.updated_at);
        case delivery_state::skipped:
            return "skipped at " + at_or(one.updated_at);
        case delivery_state::expired:
            return "expired: of no use after " + at_or(one.useless_after);
        case delivery_state::superseded:
            return "superseded: the appointment was moved or cancelled first";
        case delivery_state::unconfirmed:
            return "unconfirmed: it may have arrived, and was not sent again";
    }
    return one.state;
}

void print(const net::api_delivery& one) {
    auto line = fmt::format("{}  {:<14} {:<9} {} {}, version {}: {}", at_or(one.due_at), one.kind, one.channel,
                            one.recipient_role, one.recipient, one.version, what_became(one));
    if (!one.reason.empty()) {
        line += fmt::format("; {}", one.reason);
        if (const auto words = words_of(domain::parse<reason>(one.reason)); !words.empty()) {
            line += fmt::format(" ({})", words);
        }
    }
    if (one.attempts > 0) {
        line += fmt::format("; {} {}", one.attempts, one.attempts == 1 ? "try" : "tries");
    }
    for (const auto& [name, text] : {std::pair{"provider", &one.provider_status},
                                     {"id", &one.provider_id},
                                     {"code", &one.error_code},
                                     {"answer", &one.error_text}}) {
        if (!text->empty()) {
            line += fmt::format("; {} {}", name, *text);
        }
    }
    std::cout << line << '\n';
}

void print(const net::visit_record& record, std::int32_t version) {
    for (const auto& one : record.people) {
        const auto left = one.left_at ? "left " + instant_text(*one.left_at) : std::string{"is in the room"};
        std::cout << fmt::format("{}  in the room    {} {}: joined, {}; {} {}, {} seconds in all\n",
                                 instant_text(one.joined_at), one.role.empty() ? "somebody" : one.role, one.person,
                                 left, one.stays, one.stays == 1 ? "time" : "times", one.length.count());
    }
    if (record.no_show && record.no_show->version == version) {
        const auto& proposal = *record.no_show;
        std::cout << fmt::format("{}  no_show        {}: absent {}\n", instant_text(proposal.at),
                                 proposal.written ? "written" : "proposed, not written", proposal.absent);
    }
}

domain::scheduled_visit visit_of(const net::api_appointment& from) {
    domain::scheduled_visit visit;
    visit.appointment = from.id;
    visit.starts_at = from.image.what.starts_at;
    visit.duration = from.image.what.duration;
    visit.version = from.version;
    visit.telehealth = from.image.what.session_type == domain::session_type::telehealth;
    visit.open = from.image.status == domain::appointment_status::scheduled ||
                 from.image.status == domain::appointment_status::confirmed;
    visit.booked_at = from.created_at;
    return visit;
}

bool has_row(const std::vector<net::api_delivery>& rows, const domain::policy& rules,
             const domain::planned_delivery& planned) {
    return std::ranges::any_of(rows, [&](const net::api_delivery& row) {
        return row.kind == domain::kind_name(rules, planned.kind) &&
               row.channel == domain::to_string(planned.channel) &&
               row.recipient_role == domain::to_string(planned.recipient_role) && row.version == planned.version;
    });
}

// Reminders of which there is no row: those to come, and those that nobody was there to send.
void print_planned(const net::api_appointment& appointment, const std::vector<net::api_delivery>& rows,
                   const domain::policy& rules, wall_time now) {
    for (const auto& planned : domain::plan_reminders(visit_of(appointment), rules, now)) {
        if (has_row(rows, rules, planned)) {
            continue;
        }
        const auto* const what = planned.due_at > now ? "planned"
                                 : planned.state == delivery_state::claimed
                                     ? "due, and not taken up yet: is the daemon running?"
                                     : "passed with no row: it was booked later, or no daemon was running";
        std::cout << fmt::format("{}  {:<14} {:<9} {}, version {}: {}\n", instant_text(planned.due_at),
                                 domain::kind_name(rules, planned.kind), domain::to_string(planned.channel),
                                 domain::to_string(planned.recipient_role), planned.version, what);
    }
}

net::task<result<int>> tell(net::postgres::client& database, net::clock& clock, const domain::policy& rules,
                            domain::appointment_id id) {
    const auto store = net::make_postgres_store(database, rules, net::store_use::look_only);
    const auto until = clock.boot_now() + database_time;
    const auto found = co_await store->find_appointment(id, until);
    if (!found) {
        co_return std::unexpected{found.error()};
    }
    const auto rows = co_await store->deliveries(id, until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    const auto visits = net::make_postgres_visit_log(database);
    const auto record = co_await visits->read(id, wall_time{}, until);
    if (!record) {
        co_return std::unexpected{record.error()};
    }
    const auto& appointment = *found;
    std::string unread;
    if (!appointment) {
        const auto row = co_await net::look_at_row(database, id, until);
        if (!row) {
            co_return std::unexpected{row.error()};
        }
        unread = describe(*row);
    }
    if (!appointment && rows->empty()) {
        std::cerr << "punctuald: appointment " << id << ": no message was ever planned for it: " << unread << '\n';
        co_return 1;
    }
    if (appointment) {
        const auto& image = appointment->image;
        std::cout << fmt::format(
            "appointment {}, version {}: {}, {}, starts {}, {} minutes, patient {}, psychologist {}\n", id,
            appointment->version, domain::to_string(image.what.session_type), domain::to_string(image.status),
            instant_text(image.what.starts_at), image.what.duration.count(), image.patient, image.psychologist);
    } else {
        std::cout << fmt::format("appointment {}: {}\n", id, unread);
    }
    auto in_time = *rows;
    std::ranges::sort(in_time, {}, [](const net::api_delivery& one) {
        // Ids of one moment are in the order of their making.
        return std::pair{one.due_at.value_or(one.updated_at.value_or(wall_time{})), std::string_view{one.id}};
    });
    for (const auto& row : in_time) {
        print(row);
    }
    print(*record, appointment ? appointment->version : 0);
    if (appointment) {
        print_planned(*appointment, *rows, rules, clock.wall_now());
    }
    co_return 0;
}

}  // namespace

int explain(const request& asked) {
    const auto loaded = load_settings(asked, config::purpose::database);
    if (!loaded) {
        return 1;
    }
    const auto id = asked.appointment.value_or(0);
    return run_errand(loaded->settings, {.application_name = "punctuald explain", .read_only = true},
                      [&](net::postgres::client& database, net::clock& clock) {
                          return tell(database, clock, loaded->settings.rules, id);
                      });
}

}  // namespace punctual::commands
