// What one message costs before it reaches a socket: planning, rendering with MIME, and the pieces of that.

#include "domain/icalendar.hpp"
#include "domain/mime.hpp"
#include "domain/mime_encoding.hpp"
#include "domain/planning.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/rendering/local_time.hpp"
#include "net/rendering/phone_number.hpp"
#include "support/sample_delivery.hpp"

#include <benchmark/benchmark.h>

namespace punctual {
namespace {

using namespace std::chrono_literals;

const domain::policy rules = domain::default_policy();
const domain::kind reminder = domain::reminder_kind(0);

domain::scheduled_visit sample_visit() {
    domain::scheduled_visit visit;
    visit.appointment = 123;
    visit.starts_at = test::sample_now + 24h;
    return visit;
}

void plan_a_reminder(benchmark::State& state) {
    const domain::due_moment due{.visit = sample_visit(),
                                 .what = {.what = domain::moment_type::reminder,
                                          .reminder = 0,
                                          .at = test::sample_now,
                                          .useless_after = test::sample_now + 23h}};
    for (auto _ : state) {
        benchmark::DoNotOptimize(domain::plan_reminders(due, rules, test::sample_now));
    }
}
BENCHMARK(plan_a_reminder);

void plan_a_booking(benchmark::State& state) {
    domain::appointment_change change;
    change.appointment = 123;
    change.changed_at = test::sample_now;
    change.now.emplace();
    change.now->patient = 7;
    change.now->psychologist = 8;
    change.now->what.starts_at = test::sample_now + 72h;
    change.now->what.duration = 50min;
    for (auto _ : state) {
        benchmark::DoNotOptimize(domain::plan_notices(change, rules, test::sample_now));
    }
}
BENCHMARK(plan_a_booking);

// Everything from the claimed row to the bytes of the mail.
void compose_mail(benchmark::State& state, domain::kind kind) {
    const auto log = net::make_null_logger();
    const auto composer = net::rendering::make_composer(test::sample_settings(), *log).value();
    const auto what = test::sample_delivery(kind, 24h);
    std::size_t bytes = 0;
    for (auto _ : state) {
        auto mail = composer->compose_mail(what, test::sample_now);
        bytes = mail->message.size();
        benchmark::DoNotOptimize(mail);
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(compose_mail, reminder, reminder);
BENCHMARK_CAPTURE(compose_mail, confirmation_with_invitation, domain::kind::confirmation);

void compose_sms(benchmark::State& state) {
    const auto log = net::make_null_logger();
    const auto composer = net::rendering::make_composer(test::sample_settings(), *log).value();
    const auto what = test::sample_delivery(reminder, 24h, domain::channel::sms);
    for (auto _ : state) {
        benchmark::DoNotOptimize(composer->compose_text(what, test::sample_now));
    }
}
BENCHMARK(compose_sms);

void write_mime(benchmark::State& state) {
    domain::mail_draft draft;
    draft.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    draft.id_domain = "clinic.example";
    draft.from = {"Harbour Clinic", "no-reply@clinic.example"};
    draft.to = {"Jane Citizen", "jane@example.com"};
    draft.subject = "Appointment with Harbour Clinic";
    draft.date = test::sample_now;
    for (int line = 0; line < 20; ++line) {
        draft.text += "Your appointment is tomorrow at half past two, in your own time zone.\n";
    }
    for (int line = 0; line < 80; ++line) {
        draft.html += "<td style=\"padding:0 24px;color:#222\">Your appointment is tomorrow at 2:30 pm</td>\n";
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(domain::write_mail(draft));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(draft.text.size() + draft.html.size()));
}
BENCHMARK(write_mime);

void quoted_printable(benchmark::State& state) {
    std::string text;
    for (int line = 0; line < 80; ++line) {
        text += "<td style=\"padding:0 24px;color:#222\">Your appointment is tomorrow at 2:30 pm</td>\n";
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(domain::quoted_printable(text));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(quoted_printable);

void say_a_time_in_a_zone(benchmark::State& state) {
    const net::rendering::date_words words{"en-AU"};
    for (auto _ : state) {
        benchmark::DoNotOptimize(words.write("Australia/Brisbane", test::sample_now + 24h, test::sample_now));
    }
}
BENCHMARK(say_a_time_in_a_zone);

void parse_a_phone_number(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(net::rendering::parse_phone("0412 345 678", "AU"));
    }
}
BENCHMARK(parse_a_phone_number);

}  // namespace
}  // namespace punctual
