// A server that says anything to the SMTP state machine (src/net/smtp/protocol.hpp). Input: a byte of settings,
// a byte of lease, then what happens at each step, separated by 0x1e: bytes of the server; "\x01n" a write of
// which n bytes got out; "\x02" a certificate that is refused.

#include "net/smtp/data_encoding.hpp"
#include "net/smtp/protocol.hpp"
#include "support/input.hpp"

#include <chrono>
#include <string>

namespace punctual::fuzz {
namespace {

using namespace std::chrono_literals;
using namespace net::smtp;

class conversation {
public:
    conversation(fields& script, const session_settings& settings)
        : script_{script}, settings_{settings}, machine_{settings} {
        secure_ = settings.wanted == security::none;
    }

    void run() {
        machine_.open(now_ + 10min);
        drive();
        if (machine_.outcome().verdict != mail_verdict::accepted || closed_) {
            return;
        }
        send();
        if (!closed_) {
            send();
        }
        if (!closed_) {
            machine_.quit(now_ + 1min);
            drive();
            require(closed_, "after QUIT it is closed");
        }
    }

    boot_time write_until = boot_time::max();

private:
    void send() {
        mail what;
        what.from = "clinic@example.org";
        what.to = "jane.citizen@example.com";
        what.message = "Subject: x\r\n\r\n.\r\nhello\nthere\r\n.";
        content_ = encode_data(what.message);
        wrote_content_ = began_content_ = false;
        machine_.send(std::move(what), write_until, now_ + 10min, true);
        drive();
        const auto verdict = machine_.outcome().verdict;
        require(verdict != mail_verdict::accepted || wrote_content_, "accepted is what was written whole");
        require(!wrote_content_ || (verdict != mail_verdict::retry_connection && verdict != mail_verdict::lease_lost),
                "what was written whole was not \"never sent\"");
        require(!machine_.was_stale() || !began_content_, "a stale connection has seen nothing of the message");
    }

    void drive() {
        for (int steps = 0;; ++steps) {
            require(steps < 10'000, "a conversation comes to its end");
            const auto what = machine_.next(now_);
            switch (what.kind) {
                case action_kind::idle:
                    return check_words();
                case action_kind::closed:
                    closed_ = true;
                    return check_words();
                case action_kind::read:
                    read();
                    break;
                case action_kind::write:
                    write(what.bytes);
                    break;
                case action_kind::start_tls:
                    start_tls();
                    break;
            }
        }
    }

    void check_words() const {
        const auto& text = machine_.outcome().text;
        require(text.size() <= 600 && !text.contains('\n') && !text.contains('@'), "words fit for a log");
    }

    void read() {
        if (script_.empty()) {
            machine_.lost("the connection was lost", 0, false);
            return;
        }
        now_ += 1s;
        machine_.received(script_.next());
    }

    void start_tls() {
        if (script_.rest().starts_with('\x02')) {
            script_.next();
            machine_.lost("certificate refused", 0, true);
            return;
        }
        secure_ = true;
        machine_.tls_started();
    }

    void write(std::string_view bytes) {
        const bool content = !content_.empty() && bytes == content_;
        if (!content) {
            check_commands(bytes);
        }
        require(!content || now_ < write_until, "no byte of a message is written past its lease");
        if (script_.rest().starts_with('\x01')) {
            fields one{script_.next()};
            one.byte();
            // The kernel took some; the last bytes alone end the message.
            const auto out = std::min<std::size_t>(one.byte(), bytes.size());
            began_content_ = began_content_ || (content && out > 0);
            machine_.lost("reset", out, false);
            require(!content || out < bytes.size() || machine_.outcome().verdict == mail_verdict::outcome_unknown,
                    "the dot was out: nobody knows");
            return;
        }
        wrote_content_ = wrote_content_ || content;
        began_content_ = began_content_ || content;
        machine_.written();
    }

    void check_commands(std::string_view bytes) const {
        require(bytes.ends_with("\r\n"), "a command ends with CRLF");
        while (!bytes.empty()) {
            const auto end = bytes.find("\r\n");
            const auto line = bytes.substr(0, end);
            bytes.remove_prefix(end + 2);
            // RFC 4954 §4: the answer to a challenge may be longer.
            const bool challenged = !line.contains(' ') && !line.ends_with('>') && line.size() > 510;
            require(line.size() <= (challenged ? 12'286U : 510U), "a command line has at most 512 bytes");
            require(!line.contains('\r') && !line.contains('\n') && !line.contains('\0'), "one command a line");
            if (!secure_) {
                require(line.starts_with("EHLO ") || line == "STARTTLS" || line == "QUIT",
                        "in clear text it says nothing but EHLO and STARTTLS");
            }
            if (settings_.wanted == security::none && !settings_.auth_in_clear) {
                require(!line.starts_with("AUTH"), "no password in clear text");
            }
        }
    }

    fields& script_;
    const session_settings& settings_;
    protocol machine_;
    boot_time now_{1h};
    std::string content_;
    bool secure_ = false;
    bool closed_ = false;
    bool wrote_content_ = false;
    bool began_content_ = false;
};

}  // namespace

void try_input(std::string_view bytes) {
    fields script{bytes};
    session_settings settings;
    const auto how = script.byte();
    settings.wanted = how % 4 == 0   ? security::starttls
                      : how % 4 == 1 ? security::implicit_tls
                      : how % 4 == 2 ? security::none
                                     : security::starttls;
    settings.auth_in_clear = (how & 4U) != 0;
    if ((how & 8U) != 0) {
        settings.user = "user";
        settings.password = (how & 16U) != 0 ? std::string(600, 'p') : "secret";
    }
    const auto lease = script.byte();
    conversation talk{script, settings};
    if (lease != 0 && lease != '-') {
        talk.write_until = boot_time{1h} + std::chrono::seconds{lease % 16};
    }
    talk.run();
}

}  // namespace punctual::fuzz
