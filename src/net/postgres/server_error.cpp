#include "net/postgres/server_error.hpp"

#include "net/postgres/database.hpp"

#include <algorithm>
#include <array>

namespace punctual::net::postgres {
namespace {

constexpr std::string_view prefix = "SQLSTATE ";

// Classes whose primary message speaks of objects and states, not of values. Not among them: 22 (data
// exception: quotes the value), P0 (raised by functions, anything).
constexpr std::array<std::string_view, 14> quiet_classes{"08", "0A", "23", "25", "26", "28", "3D",
                                                         "40", "42", "53", "54", "55", "57", "58"};

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "postgres"; }
    std::string message(int value) const override {
        switch (static_cast<postgres_errc>(value)) {
            case postgres_errc::not_connected:
                return "not connected to Postgres";
            case postgres_errc::timed_out:
                return "Postgres was not asked in time";
            case postgres_errc::outcome_unknown:
                return "Postgres was asked and gave no answer";
            case postgres_errc::refused:
                return "Postgres refused the statement";
            case postgres_errc::bad_result:
                return "Postgres answered something else than expected";
            case postgres_errc::not_writable:
                return "Postgres is not writable";
            case postgres_errc::cancelled:
                return "stopping";
            case postgres_errc::pooled:
                return "a pooler in transaction mode stands between us and Postgres";
        }
        return "unknown Postgres error";
    }
};

void append_name(std::string& to, std::string_view what, std::string_view name) {
    if (!name.empty()) {
        to += to.empty() ? "" : " ";
        to += what;
        to += '=';
        to += name;
    }
}

}  // namespace

const boost::system::error_category& postgres_category() noexcept {
    static const category instance;
    return instance;
}

std::string sqlstate(const error& what) {
    const std::string_view detail{what.detail};
    const bool told = what.code == postgres_errc::refused && detail.starts_with(prefix);
    return told ? std::string{detail.substr(prefix.size(), 5)} : std::string{};
}

std::string one_line(std::string_view text) {
    constexpr std::size_t longest = 300;
    std::string line;
    for (const char letter : text) {
        const bool blank = static_cast<unsigned char>(letter) <= ' ' || letter == '\177';
        if (!blank) {
            line += letter;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (!line.empty() && line.back() == ' ') {
        line.pop_back();
    }
    if (line.size() > longest) {
        line.resize(longest);
        line += "...";
    }
    return line;
}

error refusal(std::string_view sqlstate, std::string_view why) {
    auto detail = std::string{prefix}.append(sqlstate);
    if (!why.empty()) {
        detail.append(" ").append(why);
    }
    return {postgres_errc::refused, std::move(detail)};
}

error server_error(const pg_result* answer) {
    const auto state = libpq::error_field(answer, libpq::field::sqlstate);
    if (state.empty()) {
        return {postgres_errc::outcome_unknown, "libpq could not read the answer"};
    }
    std::string why;
    if (std::ranges::find(quiet_classes, state.substr(0, 2)) != quiet_classes.end()) {
        why = one_line(libpq::error_field(answer, libpq::field::primary));
    }
    append_name(why, "constraint", libpq::error_field(answer, libpq::field::constraint));
    append_name(why, "table", libpq::error_field(answer, libpq::field::table));
    append_name(why, "column", libpq::error_field(answer, libpq::field::column));
    auto told = refusal(state, why);
    if (state == "25006") {
        told.code = postgres_errc::not_writable;
    } else if (state == "42P05") {
        // Each connection names its statements once: another client's are on this server connection.
        told.code = postgres_errc::pooled;
    }
    return told;
}

std::string connection_trouble(const pg_conn* connection) {
    const auto text = one_line(libpq::error_message(connection));
    return text.empty() ? "the connection to Postgres broke" : text;
}

}  // namespace punctual::net::postgres
