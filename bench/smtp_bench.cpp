// The SMTP session without a socket: one mail on a kept connection, from MAIL to the answer to the dot.

#include "net/smtp/data_encoding.hpp"
#include "net/smtp/protocol.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace punctual::net::smtp {
namespace {

using namespace std::chrono_literals;

constexpr boot_time now{1h};

std::string sample_message() {
    std::string message = "From: a@clinic.example\r\nTo: b@patient.example\r\nSubject: Appointment\r\n\r\n";
    while (message.size() < 8600) {
        message += "<td style=3D\"padding:0 24px;color:#222\">Your appointment is tomorrow</td>\r\n";
    }
    return message;
}

// The server's part: whatever is written is answered at once.
void answer(protocol& session) {
    for (auto step = session.next(now); step.kind != action_kind::idle; step = session.next(now)) {
        if (step.kind == action_kind::write) {
            const bool content = step.bytes.ends_with("\r\n.\r\n");
            const bool envelope = step.bytes.starts_with("MAIL");
            const bool hello = step.bytes.starts_with("EHLO");
            session.written();
            session.received(hello      ? "250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
                             : envelope ? "250 Ok\r\n250 Ok\r\n354 go ahead\r\n"
                             : content  ? "250 2.0.0 Ok: queued as 4XkQ8N0000000\r\n"
                                        : "250 Ok\r\n");
        } else {
            session.received("220 sink ESMTP\r\n");
        }
    }
}

void carry_a_mail(benchmark::State& state) {
    session_settings settings;
    settings.wanted = security::none;
    protocol session{settings};
    session.open(deadline::max());
    answer(session);
    const auto message = sample_message();
    for (auto _ : state) {
        session.send({"a@clinic.example", "b@patient.example", message}, now + 30s, deadline::max(), true);
        answer(session);
        benchmark::DoNotOptimize(session.outcome().verdict);
    }
    if (session.outcome().verdict != mail_verdict::accepted) {
        state.SkipWithError("the mail was not accepted");
    }
}
BENCHMARK(carry_a_mail);

void stuff_dots(benchmark::State& state) {
    const auto message = sample_message();
    for (auto _ : state) {
        benchmark::DoNotOptimize(encode_data(message));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(stuff_dots);

}  // namespace
}  // namespace punctual::net::smtp
