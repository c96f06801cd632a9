#pragma once
// One SMTP conversation as the server has it (RFC 5321): bytes in, replies and mails out. No sockets.
//
// It is strict where lenience would hide a client's mistakes: a bare LF is refused (message smuggling),
// AUTH is offered under TLS only, what was pipelined behind STARTTLS is thrown away (RFC 3207 §4.2),
// addresses beyond ASCII need SMTPUTF8, SIZE is checked at MAIL and again at the dot.

#include "sandbox/behaviours.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::sandbox {

struct smtp_options {
    std::string host = "localhost";
    std::string user;  // empty: no AUTH offered, none needed
    std::string password;
    bool tls_available = true;
    std::size_t size_limit = 26'214'400;
};

struct received_mail {
    std::string from;
    std::vector<std::string> to;
    std::string raw;  // dots unstuffed, CRLF lines
    bool under_tls = false;
    bool authenticated = false;
};

// What the shell does after feeding: wait `delay`, write `output`, then the rest.
struct smtp_step {
    std::string output;
    std::vector<received_mail> mails;
    std::chrono::milliseconds delay{};  // then feed again, with nothing if nothing came
    bool start_tls = false;
    bool close = false;
};

class smtp_session {
public:
    // `orders` must outlive it. `tls`: the connection is under TLS already (implicit).
    smtp_session(const smtp_options& options, behaviours& orders, bool tls);

    [[nodiscard]] smtp_step greet();
    // Stops at STARTTLS, at a close and at a delay; the bytes behind it wait for the next call.
    [[nodiscard]] smtp_step feed(std::string_view bytes);
    // After the handshake: everything from before is forgotten.
    void tls_started();

private:
    enum class state : std::uint8_t { command, auth_plain, auth_user, auth_password, data, ended };

    void on_line(std::string_view line, smtp_step& step);
    void on_command(std::string_view line, smtp_step& step);
    void on_auth_line(std::string_view line, smtp_step& step);
    void on_ehlo(std::string_view argument, bool extended, smtp_step& step);
    void on_auth(std::string_view argument, smtp_step& step);
    void on_mail(std::string_view argument, smtp_step& step);
    void on_rcpt(std::string_view argument, smtp_step& step);
    void on_data(smtp_step& step);
    // False: more bytes are needed.
    [[nodiscard]] bool read_data(smtp_step& step);
    void finish_mail(std::string_view raw, smtp_step& step);
    void authenticate(std::string_view user, std::string_view password, smtp_step& step);
    void refuse(smtp_step& step, const smtp_fault& fault);
    void reset() noexcept;

    const smtp_options& options_;
    behaviours& orders_;
    state state_ = state::command;
    std::string buffer_;
    std::size_t searched_ = 0;  // of buffer_, in data: no dot before here
    bool too_large_ = false;
    bool tls_ = false;
    bool greeted_ = false;
    bool authenticated_ = false;
    bool in_mail_ = false;
    bool utf8_ = false;
    std::string auth_user_;
    std::string from_;
    std::vector<std::string> to_;
};

}  // namespace punctual::sandbox
