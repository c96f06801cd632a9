#pragma once
// What most tests of the SMTP session begin with: settings, a mail and the usual conversations.

#include "support/smtp_transcript.hpp"

namespace punctual::test {

[[nodiscard]] inline net::smtp::session_settings clear_settings() {
    net::smtp::session_settings out;
    out.wanted = net::smtp::security::none;
    out.helo_name = "punctual.test";
    return out;
}

[[nodiscard]] inline net::smtp::session_settings starttls_settings() {
    auto out = clear_settings();
    out.wanted = net::smtp::security::starttls;
    out.user = "clinic";
    out.password = "secret";
    return out;
}

[[nodiscard]] inline net::smtp::mail some_mail() {
    return {"clinic@example.com", "ann@example.com", "Subject: x\r\n\r\n.hello\r\n"};
}

inline const std::string some_mail_on_the_wire = "Subject: x\r\n\r\n..hello\r\n.\r\n";

// Greeting and EHLO in clear text; `offers` as in "250-PIPELINING\r\n".
[[nodiscard]] inline smtp_transcript clear_opening(const std::string& offers) {
    return {server_says("220 mail.test ESMTP\r\n"), client_says("EHLO punctual.test\r\n"),
            server_says("250-mail.test\r\n" + offers + "250 HELP\r\n")};
}

// STARTTLS and AUTH PLAIN as clinic, secret.
[[nodiscard]] inline smtp_transcript secure_opening(const std::string& offers) {
    return {server_says("220 mail.test ESMTP\r\n"),
            client_says("EHLO punctual.test\r\n"),
            server_says("250-mail.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n"),
            client_says("STARTTLS\r\n"),
            server_says("220 2.0.0 Ready to start TLS\r\n"),
            tls_starts(),
            client_says("EHLO punctual.test\r\n"),
            server_says("250-mail.test\r\n" + offers + "250 AUTH PLAIN LOGIN\r\n"),
            client_says("AUTH PLAIN AGNsaW5pYwBzZWNyZXQ=\r\n"),
            server_says("235 2.7.0 Authentication successful\r\n")};
}

}  // namespace punctual::test
