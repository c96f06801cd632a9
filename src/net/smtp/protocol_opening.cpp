// The opening of an SMTP session, after the greeting: EHLO, STARTTLS, AUTH.

#include "domain/base64.hpp"
#include "net/smtp/protocol.hpp"

#include <string>
#include <utility>

namespace punctual::net::smtp {
namespace {

// RFC 5321 §4.5.3.1.4: a command line has 512 bytes; a longer response waits for the 334.
constexpr std::size_t longest_initial_response = 490;

}  // namespace

void protocol::on_ehlo(const reply& answer) {
    if (!succeeds(command::ehlo, answer.code)) {
        if (may_fall_back_to_helo() && answer.kind() == 5) {
            command_out(command::helo, "HELO " + settings_.helo_name + "\r\n");
            return;
        }
        fail(command::ehlo, answer);
        phase_ = phase::closed;
        return;
    }
    offered_ = parse_capabilities(answer.text);
    if (settings_.wanted != security::starttls || secure_) {
        begin_auth_or_finish();
    } else if (offered_.starttls) {
        command_out(command::starttls, "STARTTLS\r\n");
    } else {
        decide(mail_verdict::configuration, answer.code, "the server offers no STARTTLS");
        phase_ = phase::closed;
    }
}

// TLS and AUTH need EHLO (RFC 3207 §4, RFC 4954 §4).
bool protocol::may_fall_back_to_helo() const noexcept {
    return settings_.wanted == security::none && settings_.user.empty();
}

void protocol::begin_auth_or_finish() {
    if (settings_.user.empty()) {
        opened();
        return;
    }
    if (!secure_ && !settings_.auth_in_clear) {
        decide(mail_verdict::configuration, 0, "a password would go out in clear text: use TLS");
        phase_ = phase::closed;
    } else if (offered_.auth_plain) {
        // RFC 4616: authorization identity (none), NUL, user, NUL, password.
        auto response = std::string(1, '\0') + settings_.user + '\0' + settings_.password;
        response = domain::to_base64(response);
        command_out(command::auth, response.size() <= longest_initial_response ? "AUTH PLAIN " + response + "\r\n"
                                                                               : std::string{"AUTH PLAIN\r\n"});
        auth_step_ = response.size() <= longest_initial_response ? 1 : 0;
    } else if (offered_.auth_login) {
        // No initial response: not every server that speaks LOGIN takes one.
        command_out(command::auth, "AUTH LOGIN\r\n");
        auth_step_ = 0;
    } else {
        decide(mail_verdict::configuration, 0, "the server offers neither AUTH PLAIN nor AUTH LOGIN");
        phase_ = phase::closed;
    }
}

void protocol::on_auth(const reply& answer) {
    const int steps = offered_.auth_plain ? 1 : 2;
    if (answer.code == 334 && auth_step_ < steps) {
        std::string response;
        if (offered_.auth_plain) {
            response = std::string(1, '\0') + settings_.user + '\0' + settings_.password;
        } else {
            response = auth_step_ == 0 ? settings_.user : settings_.password;
        }
        ++auth_step_;
        command_out(command::auth, domain::to_base64(response) + "\r\n");
    } else if (succeeds(command::auth, answer.code) && auth_step_ == steps) {
        opened();
    } else {
        fail(command::auth, answer);
        // The server's words may repeat what it was given.
        outcome_.text = "the server refused the user or the password";
        phase_ = phase::closed;
    }
}

void protocol::opened() {
    std::string how = secure_ ? "TLS" : "clear text";
    if (!settings_.user.empty()) {
        how += offered_.auth_plain ? ", AUTH PLAIN" : ", AUTH LOGIN";
    }
    if (offered_.pipelining) {
        how += ", PIPELINING";
    }
    decide(mail_verdict::accepted, 0, std::move(how));
    phase_ = phase::idle;
}

}  // namespace punctual::net::smtp
