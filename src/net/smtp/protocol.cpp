#include "net/smtp/protocol.hpp"

#include "net/async/fault_point.hpp"
#include "net/smtp/data_encoding.hpp"
#include "net/smtp/envelope.hpp"

#include <algorithm>
#include <utility>

namespace punctual::net::smtp {
namespace {

// The outcome stands and the caller waits for it: RSET and QUIT may not take as long as a command.
constexpr std::chrono::seconds tidying_limit{3};

}  // namespace

void protocol::begin(deadline until) {
    until_ = until;
    phase_ = phase::running;
    pending_ = pending::nothing;
    expected_.clear();
    outcome_ = {};
    rearm_ = true;
    decided_ = false;
    kept_ = false;
    stale_ = false;
    recipient_refused_ = false;
    recipient_accepted_ = false;
}

void protocol::open(deadline until) {
    begin(until);
    parser_.reset();
    offered_ = {};
    secure_ = false;
    auth_step_ = 0;
    expected_.push_back(command::greeting);
    if (settings_.wanted == security::implicit_tls) {
        pending_ = pending::tls;
    }
}

void protocol::send(mail what, domain::lease lease, deadline until, bool kept) {
    begin(until);
    lease_ = std::move(lease);
    kept_ = kept;
    mail_ = std::move(what);
    if (auto refused = refuse_unsendable(mail_)) {
        outcome_ = std::move(*refused);
        phase_ = phase::idle;
        return;
    }
    if (refuse_for_capabilities()) {
        phase_ = phase::idle;
        return;
    }
    pipelined_ = offered_.pipelining;
    out_.clear();
    out_.append("MAIL FROM:<").append(mail_.from).append(">");
    if (offered_.size) {
        out_.append(" SIZE=").append(std::to_string(mail_.message.size()));
    }
    if (offered_.eight_bit_mime && inspect_content(mail_.message).eight_bit) {
        out_.append(" BODY=8BITMIME");
    }
    if (!is_ascii(mail_.to) || !is_ascii(mail_.from)) {
        out_.append(" SMTPUTF8");
    }
    out_.append("\r\n");
    expected_.push_back(command::mail_from);
    if (pipelined_) {
        out_.append("RCPT TO:<").append(mail_.to).append(">\r\nDATA\r\n");
        expected_.push_back(command::rcpt_to);
        expected_.push_back(command::data);
    }
    pending_ = pending::envelope;
}

void protocol::probe(deadline until) {
    begin(until);
    command_out(command::noop, "NOOP\r\n");
}

void protocol::quit(deadline until) {
    begin(until);
    decided_ = true;
    command_out(command::quit, "QUIT\r\n");
}

action protocol::next(boot_time now) {
    if (phase_ == phase::running && !decided_ && !lease_.holds(now)) {
        if (pending_ == pending::envelope) {
            decide(mail_verdict::lease_lost, 0, "the claim was over before MAIL");
            phase_ = phase::idle;
        } else if (pending_ == pending::data_command) {
            decide(mail_verdict::lease_lost, 0, "the claim was over before DATA");
            expected_.clear();
            command_out(command::rset, "RSET\r\n");
        } else if (pending_ == pending::content) {
            // After 354 there is no way back: a dot would send an empty mail. The server drops what it
            // has when the connection goes (RFC 5321 §4.1.1.5 and §3.8).
            decide(mail_verdict::lease_lost, 0, "the claim was over before the message was written");
            phase_ = phase::closed;
        }
    }
    if (phase_ != phase::running) {
        return {.kind = phase_ == phase::idle ? action_kind::idle : action_kind::closed, .bytes = {}, .until = {}};
    }
    if (std::exchange(rearm_, false)) {
        const bool dot = pending_ == pending::nothing && !expected_.empty() && expected_.front() == command::message;
        const auto limit = decided_ ? std::min<std::chrono::nanoseconds>(settings_.command_limit, tidying_limit)
                           : dot    ? settings_.dot_limit
                                    : settings_.command_limit;
        step_until_ = std::min(until_, now + limit);
    }
    switch (pending_) {
        case pending::nothing:
            return {.kind = action_kind::read, .bytes = {}, .until = step_until_};
        case pending::tls:
            return {.kind = action_kind::start_tls, .bytes = {}, .until = step_until_};
        default:
            return {.kind = action_kind::write, .bytes = out_, .until = step_until_};
    }
}

void protocol::written() {
    if (pending_ == pending::content) {
        fault_point("smtp.dot_written");
    }
    pending_ = pending::nothing;
    rearm_ = true;
}

void protocol::tls_started() {
    pending_ = pending::nothing;
    rearm_ = true;
    secure_ = true;
    if (settings_.wanted == security::starttls) {
        // RFC 3207 §4.2: what the server said in clear text is forgotten.
        offered_ = {};
        command_out(command::ehlo, "EHLO " + settings_.helo_name + "\r\n");
    }
}

void protocol::received(std::string_view bytes) {
    while (phase_ == phase::running && !bytes.empty()) {
        if (pending_ != pending::nothing) {
            if (pending_ == pending::tls) {
                // Injected behind the 220 (CVE-2011-0411): thrown away, as RFC 3207 §4.2 asks.
                return;
            }
            break;
        }
        const auto status = parser_.consume(bytes);
        if (status == reply_parser::status::need_more) {
            return;
        }
        rearm_ = true;
        if (status == reply_parser::status::malformed) {
            if (const auto at = expected_.front(); !decided_) {
                decide(classify(at, 0), 0, "unreadable reply to " + std::string{name_of(at)});
                outcome_.of_server = true;
            }
            phase_ = phase::closed;
            return;
        }
        handle(parser_.value());
    }
    if (!bytes.empty()) {
        // Said before it was asked: from here on no reply can be told from the next.
        if (!decided_) {
            // Undecided here means that no content has been written.
            decide(mail_verdict::retry_greylisted, 0, "the server answered what it was not asked");
            outcome_.of_server = true;
        }
        phase_ = phase::closed;
    }
}

void protocol::lost(std::string_view why, std::size_t handed_over, bool certificate_refused) {
    phase_ = phase::closed;
    if (decided_) {
        return;
    }
    std::string text{why};
    if (certificate_refused) {
        decide(mail_verdict::configuration, 0, std::move(text));
        return;
    }
    if (!expected_.empty()) {
        text.append(", at ").append(pending_ == pending::content ? "the message" : name_of(expected_.front()));
    }
    const bool content = pending_ == pending::content;
    const bool dot_may_be_out = content ? handed_over + terminator_length(out_) > out_.size()
                                        : !expected_.empty() && expected_.front() == command::message;
    stale_ = kept_ && !expected_.empty() && expected_.front() == command::mail_from;
    decide(dot_may_be_out ? mail_verdict::outcome_unknown : mail_verdict::retry_connection, 0, std::move(text));
}

void protocol::command_out(command which, std::string_view line, pending what) {
    out_.assign(line);
    expected_.push_back(which);
    pending_ = what;
    rearm_ = true;
}

void protocol::handle(const reply& answer) {
    const auto at = expected_.front();
    expected_.pop_front();
    if (answer.code == 421) {
        // "Closing": to any command, or to none (RFC 5321 §3.8).
        if (!decided_) {
            stale_ = kept_ && at == command::mail_from;
            fail(at, answer);
        }
        phase_ = phase::closed;
        return;
    }
    switch (at) {
        case command::ehlo:
            on_ehlo(answer);
            return;
        case command::auth:
            on_auth(answer);
            return;
        case command::mail_from:
            on_mail_from(answer);
            return;
        case command::rcpt_to:
            on_rcpt_to(answer);
            return;
        case command::data:
            on_data(answer);
            return;
        default:
            break;
    }
    if (!succeeds(at, answer.code) && !decided_) {
        fail(at, answer);
        // After the dot the session goes on, unless the answer made no sense.
        phase_ = at == command::message && answer.kind() >= 4 ? phase::idle : phase::closed;
        return;
    }
    switch (at) {
        case command::greeting:
            command_out(command::ehlo, "EHLO " + settings_.helo_name + "\r\n");
            break;
        case command::helo:
            opened();
            break;
        case command::starttls:
            parser_.reset();
            pending_ = pending::tls;
            break;
        case command::message:
            if (!decided_) {
                decide(mail_verdict::accepted, answer.code, words_of(at, answer));
                outcome_.queue_id = queue_id_in(answer.text);
                fault_point("smtp.accepted");
            }
            phase_ = answer.kind() == 3 ? phase::closed : phase::idle;
            break;
        case command::rset:
            phase_ = succeeds(at, answer.code) ? phase::idle : phase::closed;
            break;
        case command::quit:
            phase_ = phase::closed;
            break;
        default:
            phase_ = phase::idle;
            break;
    }
}

void protocol::on_mail_from(const reply& answer) {
    if (!succeeds(command::mail_from, answer.code)) {
        fail(command::mail_from, answer);
        if (!pipelined_) {
            end_of_envelope();
        }
    } else if (!pipelined_) {
        command_out(command::rcpt_to, "RCPT TO:<" + mail_.to + ">\r\n");
    }
}

void protocol::on_rcpt_to(const reply& answer) {
    if (!succeeds(command::rcpt_to, answer.code)) {
        recipient_refused_ = true;
        if (!decided_) {
            fail(command::rcpt_to, answer);
        }
        if (!pipelined_) {
            end_of_envelope();
        }
        return;
    }
    recipient_accepted_ = true;
    fault_point("smtp.rcpt_accepted");
    if (!pipelined_) {
        command_out(command::data, "DATA\r\n", pending::data_command);
    }
}

void protocol::on_data(const reply& answer) {
    if (!succeeds(command::data, answer.code)) {
        if (!decided_) {
            fail(command::data, answer);
        }
        end_of_envelope();
        return;
    }
    if (!decided_) {
        out_ = encode_data(std::move(mail_.message));
        expected_.push_back(command::message);
        pending_ = pending::content;
        fault_point("smtp.data_accepted");
    } else if (recipient_refused_ && !recipient_accepted_) {
        // RFC 2920 §3.1: DATA was taken although nobody is to get it; a lone dot ends it. decided_
        // keeps its answer from meaning anything.
        command_out(command::message, ".\r\n");
    } else {
        // MAIL was refused and RCPT taken: to that server a dot would be an empty mail.
        phase_ = phase::closed;
    }
}

// The envelope failed: leave the transaction, so that the next MAIL is not a nested one.
void protocol::end_of_envelope() {
    command_out(command::rset, "RSET\r\n");
}

void protocol::fail(command at, const reply& answer) {
    decide(classify(at, answer.code), answer.code, words_of(at, answer));
    outcome_.of_server = is_of_server(at, answer.code);
}

void protocol::decide(mail_verdict verdict, int code, std::string text) {
    outcome_.verdict = verdict;
    outcome_.code = code;
    outcome_.text = std::move(text);
    decided_ = true;
}

bool protocol::refuse_for_capabilities() {
    const bool plain_recipient = is_ascii(mail_.to);
    if (!offered_.smtputf8 && (!plain_recipient || !is_ascii(mail_.from))) {
        decide(plain_recipient ? mail_verdict::configuration : mail_verdict::bad_address, 0,
               "the server takes no address beyond ASCII (no SMTPUTF8)");
    } else if (offered_.size_limit != 0 && mail_.message.size() > offered_.size_limit) {
        decide(mail_verdict::bad_message, 0, "larger than the server's SIZE " + std::to_string(offered_.size_limit));
    } else if (!offered_.eight_bit_mime && inspect_content(mail_.message).eight_bit) {
        decide(mail_verdict::bad_message, 0, "8-bit content, and the server has no 8BITMIME");
    } else {
        return false;
    }
    return true;
}

std::string protocol::words_of(command at, const reply& answer) const {
    const bool with_mail = at >= command::mail_from;
    return scrub(answer.text, with_mail ? &mail_ : nullptr);
}

}  // namespace punctual::net::smtp
