#include "net/smtp/classification.hpp"

#include <array>
#include <cstddef>

namespace punctual::net::smtp {
namespace {

struct row {
    command at;
    std::string_view name;
    int success;  // first digit
    mail_verdict on_5xx;
};

constexpr std::array table{
    row{command::greeting, "the greeting", 2, mail_verdict::configuration},
    row{command::ehlo, "EHLO", 2, mail_verdict::configuration},
    row{command::helo, "HELO", 2, mail_verdict::configuration},
    row{command::starttls, "STARTTLS", 2, mail_verdict::configuration},
    row{command::auth, "AUTH", 2, mail_verdict::configuration},
    row{command::mail_from, "MAIL", 2, mail_verdict::configuration},
    row{command::rcpt_to, "RCPT", 2, mail_verdict::bad_address},
    row{command::data, "DATA", 3, mail_verdict::bad_message},
    row{command::message, "the final dot", 2, mail_verdict::bad_message},
    row{command::rset, "RSET", 2, mail_verdict::retry_connection},
    row{command::noop, "NOOP", 2, mail_verdict::retry_connection},
    row{command::quit, "QUIT", 2, mail_verdict::retry_connection},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].at != static_cast<command>(i)) {
            return false;
        }
    }
    return true;
}
static_assert(in_order());

constexpr const row& of(command at) noexcept {
    return table[static_cast<std::size_t>(at)];
}

}  // namespace

std::string_view name_of(command at) noexcept {
    return of(at).name;
}

bool succeeds(command at, int code) noexcept {
    return code / 100 == of(at).success;
}

mail_verdict classify(command at, int code) noexcept {
    switch (code / 100) {
        case 4:
            return mail_verdict::retry_greylisted;
        case 5:
            // RFC 1870 §6.1: 552 to MAIL is about the declared size of this message, not about the sender.
            return at == command::mail_from && code == 552 ? mail_verdict::bad_message : of(at).on_5xx;
        default:
            return at == command::message ? mail_verdict::outcome_unknown : mail_verdict::retry_greylisted;
    }
}

bool is_of_server(command at, int code) noexcept {
    return code == 421 || code < 400 || code > 599 || (code < 500 && at <= command::mail_from);
}

}  // namespace punctual::net::smtp
