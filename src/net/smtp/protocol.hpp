#pragma once
// An SMTP session (RFC 5321) as a state machine: bytes and times in, what to do next out. No socket,
// no clock, no coroutine; client.cpp drives it, tests replay transcripts into it.
//
// How it is driven: begin an operation (open, send, probe, quit), then ask next(now) and do what it
// says, telling the result by written(), received(), tls_started() or lost(), until it says `idle`
// (done, another operation may begin) or `closed` (done, destroy the connection).
//
// What it guards: with STARTTLS wanted, no AUTH and no MAIL go out in clear text, and what came in
// clear is forgotten; no byte of a message is written past its lease, or after its one recipient was
// refused; a message is called lost only while the server cannot have it, and sent once it said so.

#include "domain/lease.hpp"
#include "net/smtp/capabilities.hpp"
#include "net/smtp/classification.hpp"
#include "net/smtp/mailer.hpp"
#include "net/smtp/reply_parser.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace punctual::net::smtp {

enum class security : std::uint8_t {
    starttls,      // required, never "if offered"
    implicit_tls,  // RFC 8314
    none,          // clear text: no AUTH unless session_settings::auth_in_clear
};

struct session_settings {
    security wanted = security::starttls;
    bool auth_in_clear = false;  // for a server on the loopback
    std::string user;            // empty: no AUTH
    std::string password;
    std::string helo_name = "localhost";
    std::chrono::nanoseconds command_limit = std::chrono::seconds{30};
    std::chrono::nanoseconds dot_limit = std::chrono::seconds{120};
};

enum class action_kind : std::uint8_t { read, write, start_tls, idle, closed };

struct action {
    action_kind kind = action_kind::closed;
    std::string_view bytes;  // write: all of these; good until the next call
    deadline until{};        // read, write, start_tls
};

class protocol {
public:
    // The settings must outlive it.
    explicit protocol(const session_settings& settings) : settings_{settings} {}

    // --- operations -----------------------------------------------------------------------------
    // After connecting: greeting, EHLO, TLS, AUTH. outcome() is `accepted` when mails can follow, with
    // a line that says how ("TLS, AUTH PLAIN, PIPELINING"); else why not.
    void open(deadline until);
    // `kept`: the connection has been idle, so the server may have left it (see was_stale()).
    void send(mail what, domain::lease lease, deadline until, bool kept);
    // NOOP. `idle` afterwards: it lives.
    void probe(deadline until);
    // `closed` afterwards, whatever the server says.
    void quit(deadline until);

    // --- driving --------------------------------------------------------------------------------
    [[nodiscard]] action next(boot_time now);
    void written();
    void received(std::string_view bytes);
    void tls_started();
    // The operation asked for failed. `why`: for people. `handed_over`: how many bytes of a write the
    // kernel took.
    void lost(std::string_view why, std::size_t handed_over, bool certificate_refused);

    // --- results --------------------------------------------------------------------------------
    [[nodiscard]] const mail_outcome& outcome() const noexcept { return outcome_; }
    // The kept connection was gone before the server said anything about this mail: take the mail back
    // and use a new connection; no try was spent.
    [[nodiscard]] bool was_stale() const noexcept { return stale_; }
    [[nodiscard]] mail take_back() { return std::move(mail_); }
    [[nodiscard]] const capabilities& offered() const noexcept { return offered_; }

private:
    enum class pending : std::uint8_t { nothing, commands, envelope, data_command, content, tls };
    enum class phase : std::uint8_t { running, idle, closed };

    void begin(deadline until);
    void command_out(command which, std::string_view line, pending what = pending::commands);
    void handle(const reply& answer);
    void on_ehlo(const reply& answer);
    void on_auth(const reply& answer);
    void on_mail_from(const reply& answer);
    void on_rcpt_to(const reply& answer);
    void on_data(const reply& answer);
    void begin_auth_or_finish();
    void opened();
    void end_of_envelope();
    void fail(command at, const reply& answer);
    void decide(mail_verdict verdict, int code, std::string text);
    [[nodiscard]] bool refuse_for_capabilities();
    [[nodiscard]] bool may_fall_back_to_helo() const noexcept;
    [[nodiscard]] std::string words_of(command at, const reply& answer) const;

    const session_settings& settings_;
    reply_parser parser_;
    capabilities offered_;
    mail mail_;
    mail_outcome outcome_;
    std::string out_;               // what `pending_` is about
    std::deque<command> expected_;  // replies to come, in order
    deadline until_{};              // of the operation
    domain::lease lease_;
    deadline step_until_{};  // of the reply or write being waited for
    phase phase_ = phase::closed;
    pending pending_ = pending::nothing;
    bool rearm_ = true;     // step_until_ begins anew
    bool decided_ = false;  // outcome_ stands; what follows is tidying up
    bool secure_ = false;
    bool kept_ = false;
    bool stale_ = false;
    bool pipelined_ = false;
    bool recipient_refused_ = false;
    bool recipient_accepted_ = false;
    int auth_step_ = 0;
};

}  // namespace punctual::net::smtp
