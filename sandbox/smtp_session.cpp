#include "sandbox/smtp_session.hpp"

#include "sandbox/crypto.hpp"
#include "sandbox/form.hpp"
#include "sandbox/text.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace punctual::sandbox {
namespace {

constexpr std::size_t line_limit = 12'288;  // AUTH's longest (RFC 4954 §4)
constexpr std::size_t recipients_limit = 100;

std::string upper(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return out;
}

struct path {
    std::string address;
    std::vector<std::string> parameters;  // upper case
};

// "FROM:<a@b> SIZE=1" behind the verb; nullopt when it is not of that form.
std::optional<path> parse_path(std::string_view text, std::string_view keyword) {
    if (!upper(text.substr(0, keyword.size())).starts_with(keyword)) {
        return std::nullopt;
    }
    text.remove_prefix(keyword.size());
    const auto end = text.find('>');
    if (!text.starts_with('<') || end == std::string_view::npos) {
        return std::nullopt;
    }
    path found{std::string{text.substr(1, end - 1)}, {}};
    text.remove_prefix(end + 1);
    while (!text.empty()) {
        if (text.front() != ' ') {
            return std::nullopt;
        }
        text.remove_prefix(1);
        const auto space = text.find(' ');
        found.parameters.push_back(upper(text.substr(0, space)));
        text.remove_prefix(space == std::string_view::npos ? text.size() : space);
    }
    return found;
}

bool is_mailbox(std::string_view address) {
    const auto at = address.rfind('@');
    return at != std::string_view::npos && at > 0 && at + 1 < address.size() && address.size() <= 320 &&
           std::ranges::all_of(address, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Without the dots that the client doubled (RFC 5321 §4.5.2).
std::string unstuff(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    if (raw.starts_with('.')) {
        raw.remove_prefix(1);
    }
    while (true) {
        const auto at = raw.find("\r\n.");
        if (at == std::string_view::npos) {
            out += raw;
            return out;
        }
        out += raw.substr(0, at + 2);
        raw.remove_prefix(at + 3);
    }
}

bool has_bare_line_feed(std::string_view raw) {
    for (auto at = raw.find('\n'); at != std::string_view::npos; at = raw.find('\n', at + 1)) {
        if (at == 0 || raw[at - 1] != '\r') {
            return true;
        }
    }
    return false;
}

}  // namespace

smtp_session::smtp_session(const smtp_options& options, behaviours& orders, bool tls)
    : options_{options}, orders_{orders}, tls_{tls} {}

smtp_step smtp_session::greet() {
    smtp_step step;
    if (const auto fault = orders_.take_smtp(smtp_fault::kind::reply_greeting, {})) {
        refuse(step, *fault);
        step.close = true;
        state_ = state::ended;
        return step;
    }
    step.output = "220 " + options_.host + " ESMTP punctual-sandbox\r\n";
    return step;
}

void smtp_session::refuse(smtp_step& step, const smtp_fault& fault) {
    const char* usual = fault.code == 421   ? "4.3.2 Service shutting down"
                        : fault.code == 450 ? "4.2.0 Greylisted, try again later"
                        : fault.code < 500  ? "4.3.0 Try again later"
                                            : "5.0.0 Refused";
    step.output += std::to_string(fault.code) + ' ' + (fault.text.empty() ? usual : fault.text) + "\r\n";
    if (fault.code == 421) {
        step.close = true;
        state_ = state::ended;
    }
}

smtp_step smtp_session::feed(std::string_view bytes) {
    smtp_step step;
    buffer_ += bytes;
    std::size_t taken = 0;  // commands are taken off the buffer together: many may be pipelined
    const auto drop_taken = [&] { buffer_.erase(0, std::exchange(taken, 0)); };
    while (state_ != state::ended && !step.close && !step.start_tls && step.delay.count() == 0) {
        if (state_ == state::data) {
            drop_taken();
            if (!read_data(step)) {
                return step;
            }
            continue;
        }
        const auto rest = std::string_view{buffer_}.substr(taken);
        const auto end = rest.find('\n');
        if (end > line_limit) {  // npos too
            if (rest.size() > line_limit) {
                step.output += "500 5.5.2 Line too long\r\n";
                step.close = true;
                state_ = state::ended;
            }
            break;
        }
        taken += end + 1;
        if (end == 0 || rest[end - 1] != '\r') {
            step.output += "500 5.5.2 Lines end with CRLF\r\n";
            continue;
        }
        const std::string line{rest.substr(0, end - 1)};
        on_line(line, step);
    }
    drop_taken();
    return step;
}

void smtp_session::tls_started() {
    tls_ = true;
    greeted_ = false;
    authenticated_ = false;
    buffer_.clear();
    reset();
}

void smtp_session::reset() noexcept {
    in_mail_ = false;
    utf8_ = false;
    from_.clear();
    to_.clear();
}

void smtp_session::on_line(std::string_view line, smtp_step& step) {
    if (state_ == state::command) {
        on_command(line, step);
    } else {
        on_auth_line(line, step);
    }
}

void smtp_session::on_command(std::string_view line, smtp_step& step) {
    const auto space = line.find(' ');
    const auto verb = upper(line.substr(0, space));
    const auto argument = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
    if (verb == "EHLO" || verb == "HELO") {
        on_ehlo(argument, verb == "EHLO", step);
    } else if (verb == "MAIL") {
        on_mail(argument, step);
    } else if (verb == "RCPT") {
        on_rcpt(argument, step);
    } else if (verb == "DATA") {
        on_data(step);
    } else if (verb == "RSET") {
        reset();
        step.output += "250 2.0.0 Ok\r\n";
    } else if (verb == "NOOP") {
        step.output += "250 2.0.0 Ok\r\n";
    } else if (verb == "VRFY") {
        step.output += "252 2.5.0 Send some mail, I will do my best\r\n";
    } else if (verb == "QUIT") {
        step.output += "221 2.0.0 Bye\r\n";
        step.close = true;
        state_ = state::ended;
    } else if (verb == "STARTTLS") {
        if (!options_.tls_available || tls_) {
            step.output += "503 5.5.1 TLS is not available here\r\n";
        } else if (!greeted_) {
            step.output += "503 5.5.1 EHLO first\r\n";
        } else {
            step.output += "220 2.0.0 Ready to start TLS\r\n";
            step.start_tls = true;
        }
    } else if (verb == "AUTH") {
        on_auth(argument, step);
    } else {
        step.output += "500 5.5.2 Command not known\r\n";
    }
}

void smtp_session::on_ehlo(std::string_view argument, bool extended, smtp_step& step) {
    if (argument.empty()) {
        step.output += "501 5.5.4 Name yourself\r\n";
        return;
    }
    reset();
    greeted_ = true;
    if (!extended) {
        step.output += "250 " + options_.host + "\r\n";
        return;
    }
    step.output += "250-" + options_.host + "\r\n250-PIPELINING\r\n250-SIZE " + std::to_string(options_.size_limit) +
                   "\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n";
    if (options_.tls_available && !tls_) {
        step.output += "250-STARTTLS\r\n";
    }
    if (tls_ && !options_.user.empty()) {
        step.output += "250-AUTH PLAIN LOGIN\r\n";
    }
    step.output += "250 SMTPUTF8\r\n";
}

void smtp_session::on_auth(std::string_view argument, smtp_step& step) {
    const auto space = argument.find(' ');
    const auto mechanism = upper(argument.substr(0, space));
    const auto initial = space == std::string_view::npos ? std::string_view{} : argument.substr(space + 1);
    if (!greeted_ || authenticated_ || in_mail_) {
        step.output += "503 5.5.1 Not now\r\n";
    } else if (options_.user.empty()) {
        step.output += "503 5.5.1 AUTH is not available here\r\n";
    } else if (!tls_) {
        step.output += "538 5.7.11 Encryption required for requested authentication mechanism\r\n";
    } else if (mechanism == "PLAIN") {
        state_ = state::auth_plain;
        if (initial.empty()) {
            step.output += "334 \r\n";
        } else {
            on_auth_line(initial, step);
        }
    } else if (mechanism == "LOGIN") {
        state_ = state::auth_user;
        if (initial.empty()) {
            step.output += "334 VXNlcm5hbWU6\r\n";
        } else {
            on_auth_line(initial, step);
        }
    } else {
        step.output += "504 5.5.4 Mechanism not known\r\n";
    }
}

void smtp_session::on_auth_line(std::string_view line, smtp_step& step) {
    const auto decoded = base64_decode(line);
    if (line == "*" || !decoded) {
        state_ = state::command;
        step.output += "501 5.5.2 Authentication cancelled or not base64\r\n";
        return;
    }
    if (state_ == state::auth_user) {
        auth_user_ = *decoded;
        state_ = state::auth_password;
        step.output += "334 UGFzc3dvcmQ6\r\n";
        return;
    }
    if (state_ == state::auth_password) {
        authenticate(auth_user_, *decoded, step);
        return;
    }
    // authorization-id NUL user NUL password (RFC 4616)
    const auto first = decoded->find('\0');
    const auto second = first == std::string::npos ? first : decoded->find('\0', first + 1);
    if (second == std::string::npos) {
        state_ = state::command;
        step.output += "501 5.5.2 Not a PLAIN response\r\n";
        return;
    }
    const std::string_view all{*decoded};
    authenticate(all.substr(first + 1, second - first - 1), all.substr(second + 1), step);
}

void smtp_session::authenticate(std::string_view user, std::string_view password, smtp_step& step) {
    state_ = state::command;
    authenticated_ = user == options_.user && password == options_.password;
    step.output +=
        authenticated_ ? "235 2.7.0 Authentication successful\r\n" : "535 5.7.8 Authentication credentials invalid\r\n";
}

void smtp_session::on_mail(std::string_view argument, smtp_step& step) {
    if (!greeted_ || in_mail_) {
        step.output += greeted_ ? "503 5.5.1 Nested MAIL\r\n" : "503 5.5.1 EHLO first\r\n";
        return;
    }
    if (!options_.user.empty() && !authenticated_) {
        step.output += "530 5.7.0 Authentication required\r\n";
        return;
    }
    if (const auto fault = orders_.take_smtp(smtp_fault::kind::reply_mail, {})) {
        refuse(step, *fault);
        return;
    }
    const auto from = parse_path(argument, "FROM:");
    if (!from || (!from->address.empty() && !is_mailbox(from->address))) {
        step.output += "501 5.1.7 Bad sender address syntax\r\n";
        return;
    }
    bool utf8 = false;
    for (const auto& parameter : from->parameters) {
        const auto size = parameter.starts_with("SIZE=") ? parse_number(parameter.substr(5)) : std::nullopt;
        if (size && std::cmp_greater(*size, options_.size_limit)) {
            step.output += "552 5.3.4 Message too big for system\r\n";
            return;
        }
        utf8 = utf8 || parameter == "SMTPUTF8";
        if (!size && parameter != "SMTPUTF8" && parameter != "BODY=8BITMIME" && parameter != "BODY=7BIT") {
            step.output += "555 5.5.4 Parameter not recognized\r\n";
            return;
        }
    }
    if (!utf8 && !is_ascii(from->address)) {
        step.output += "550 5.6.7 SMTPUTF8 is needed for this address\r\n";
        return;
    }
    in_mail_ = true;
    utf8_ = utf8;
    from_ = from->address;
    step.output += "250 2.1.0 Ok\r\n";
}

void smtp_session::on_rcpt(std::string_view argument, smtp_step& step) {
    if (!in_mail_) {
        step.output += "503 5.5.1 MAIL first\r\n";
        return;
    }
    const auto to = parse_path(argument, "TO:");
    if (!to || !is_mailbox(to->address) || !to->parameters.empty()) {
        step.output += "501 5.1.3 Bad recipient address syntax\r\n";
        return;
    }
    if (!utf8_ && !is_ascii(to->address)) {
        step.output += "553 5.6.7 SMTPUTF8 is needed for this address\r\n";
        return;
    }
    if (const auto fault = orders_.take_smtp(smtp_fault::kind::reply_rcpt, to->address)) {
        refuse(step, *fault);
        return;
    }
    if (to_.size() >= recipients_limit) {
        step.output += "452 4.5.3 Too many recipients\r\n";
        return;
    }
    to_.push_back(to->address);
    step.output += "250 2.1.5 Ok\r\n";
}

void smtp_session::on_data(smtp_step& step) {
    if (to_.empty()) {
        step.output += in_mail_ ? "554 5.5.1 No valid recipients\r\n" : "503 5.5.1 MAIL first\r\n";
        return;
    }
    if (const auto fault = orders_.take_smtp(smtp_fault::kind::reply_data, to_.front())) {
        refuse(step, *fault);
        return;
    }
    state_ = state::data;
    searched_ = 0;
    too_large_ = false;
    step.output += "354 End data with <CR><LF>.<CR><LF>\r\n";
}

bool smtp_session::read_data(smtp_step& step) {
    constexpr std::string_view dot = "\r\n.\r\n";
    const bool empty_mail = !too_large_ && searched_ == 0 && buffer_.starts_with(".\r\n");
    const auto at = empty_mail ? 0 : buffer_.find(dot, searched_);
    if (!empty_mail && at == std::string::npos) {
        if (buffer_.size() > options_.size_limit) {
            too_large_ = true;
            buffer_.erase(0, buffer_.size() - dot.size());
        }
        searched_ = buffer_.size() < dot.size() ? 0 : buffer_.size() - dot.size() + 1;
        return false;
    }
    const auto length = empty_mail ? 0 : at + 2;
    const auto past = empty_mail ? 3 : at + dot.size();
    searched_ = 0;
    state_ = state::command;
    finish_mail(std::string_view{buffer_}.substr(0, length), step);
    buffer_.erase(0, past);
    reset();
    return true;
}

void smtp_session::finish_mail(std::string_view raw, smtp_step& step) {
    if (too_large_ || raw.size() > options_.size_limit) {
        step.output += "552 5.3.4 Message too big for system\r\n";
        return;
    }
    if (has_bare_line_feed(raw)) {
        step.output += "550 5.6.11 Bare <LF> in the message\r\n";
        return;
    }
    const auto& first = to_.front();
    if (orders_.take_smtp(smtp_fault::kind::drop_before_accept, first)) {
        step.close = true;
        state_ = state::ended;
        return;
    }
    if (const auto fault = orders_.take_smtp(smtp_fault::kind::reply_dot, first)) {
        refuse(step, *fault);
        return;
    }
    step.mails.push_back({from_, to_, unstuff(raw), tls_, authenticated_});
    if (orders_.take_smtp(smtp_fault::kind::drop_after_accept, first)) {
        step.close = true;
        state_ = state::ended;
        return;
    }
    if (const auto fault = orders_.take_smtp(smtp_fault::kind::slow_dot, first)) {
        step.delay = fault->delay;
    }
    step.output += "250 2.0.0 Ok: queued\r\n";
}

}  // namespace punctual::sandbox
