#include "net/store/migrate.hpp"

#include "embedded/migrations.hpp"
#include "net/async/loopback.hpp"
#include "net/store/store_error.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace punctual::net {
namespace {

// Any number that nobody else uses: "punctual" in ASCII.
constexpr const char* take_lock = "select pg_advisory_xact_lock(8103510610262091116)";

constexpr const char* bootstrap = R"sql(
do $$ begin
    if to_regclass('punctual.migration') is null then
        create schema if not exists punctual;
        create table punctual.migration (
            name       text primary key,
            checksum   text not null,
            applied_at timestamptz not null default clock_timestamp()
        );
    end if;
end $$)sql";

constexpr const char* find_applied =
    "select checksum = encode(sha256(convert_to($2, 'UTF8')), 'hex') "
    "from punctual.migration where name = $1";
constexpr const char* note_applied =
    "insert into punctual.migration (name, checksum) "
    "values ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))";

struct closer {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
    void operator()(PGresult* answer) const noexcept { PQclear(answer); }
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using connection = std::unique_ptr<PGconn, closer>;
using answer = std::unique_ptr<PGresult, closer>;
using option_list = std::unique_ptr<PQconninfoOption, closer>;

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        if (c != '\n') {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (!line.empty() && line.back() == ' ') {
        line.pop_back();
    }
    return line;
}

// libpq quotes what it could not use, and in a mistyped URI that can be a part of the password
// (user:pa/ss@host). So quoted words stay only when they are surely something else.
std::string without_secrets(std::string_view text, const PQconninfoOption* options) {
    const auto harmless = [options](std::string_view word) {
        if (word.find_first_of("@:/?") != std::string_view::npos && !word.starts_with('/')) {
            return false;
        }
        for (const auto* option = options; option->keyword != nullptr; ++option) {
            const std::string_view key = option->keyword;
            if ((key == "dbname" || key == "user" || key == "host") && option->val != nullptr && word == option->val) {
                return true;
            }
        }
        return is_loopback_host(word);
    };
    std::string clean;
    while (!text.empty()) {
        const auto open = text.find('"');
        const auto close = open == std::string_view::npos ? open : text.find('"', open + 1);
        clean += text.substr(0, open);
        if (close == std::string_view::npos) {
            break;
        }
        const auto word = text.substr(open + 1, close - open - 1);
        clean += harmless(word) ? '"' + std::string{word} + '"' : std::string{"\"...\""};
        text.remove_prefix(close + 1);
    }
    return one_line(clean);
}

result<connection> open(const std::string& conninfo) {
    option_list options{PQconninfoParse(conninfo.c_str(), nullptr)};
    if (!options) {
        return failure(store_errc::cannot_connect, "DATABASE_URL is neither a postgresql:// URI nor libpq keywords");
    }
    std::vector<const char*> keys;
    std::vector<const char*> values;
    const auto add = [&](const char* key, const char* value) {
        keys.push_back(key);
        values.push_back(value);
    };
    // What the connection string says comes later and so wins.
    add("connect_timeout", "10");
    add("target_session_attrs", "read-write");
    add("fallback_application_name", "punctuald migrate");
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            add(option->keyword, option->val);
        }
    }
    add(nullptr, nullptr);
    connection made{PQconnectdbParams(keys.data(), values.data(), 0)};
    if (PQstatus(made.get()) != CONNECTION_OK) {
        return failure(store_errc::cannot_connect, without_secrets(PQerrorMessage(made.get()), options.get()));
    }
    constexpr int oldest = 150000;
    if (PQserverVersion(made.get()) < oldest) {
        return failure(store_errc::cannot_connect, "Postgres 15 or later is needed");
    }
    PQsetNoticeProcessor(made.get(), [](void*, const char*) {}, nullptr);
    return made;
}

bool good(const answer& what) {
    const auto status = PQresultStatus(what.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

error refusal(const answer& what, PGconn* at, std::string_view doing) {
    const char* primary = PQresultErrorField(what.get(), PG_DIAG_MESSAGE_PRIMARY);
    const char* state = PQresultErrorField(what.get(), PG_DIAG_SQLSTATE);
    std::string why{doing};
    why += ": ";
    why += one_line(primary != nullptr ? primary : PQerrorMessage(at));
    if (state != nullptr) {
        why += " (SQLSTATE ";
        why += state;
        why += ')';
    }
    return error{make_error_code(store_errc::migration_failed), std::move(why)};
}

result<> execute(PGconn* at, const char* sql, std::string_view doing) {
    const answer got{PQexec(at, sql)};
    if (!good(got)) {
        return std::unexpected{refusal(got, at, doing)};
    }
    return {};
}

result<answer> ask(PGconn* at, const char* sql, std::span<const char* const> values, std::string_view doing) {
    answer got{PQexecParams(at, sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0)};
    if (!good(got)) {
        return std::unexpected{refusal(got, at, doing)};
    }
    return got;
}

// One migration in one transaction; true when it ran, false when it was there. A connection that
// failed in between is closed by the caller, which rolls back.
result<bool> apply(PGconn* at, const std::string& name, const std::string& text) {
    for (const char* sql : {"begin", take_lock, "set local lock_timeout = '10s'", "set local statement_timeout = 0"}) {
        if (auto done = execute(at, sql, name); !done) {
            return std::unexpected{done.error()};
        }
    }
    const std::array values{name.c_str(), text.c_str()};
    auto known = ask(at, find_applied, values, name);
    if (!known) {
        return std::unexpected{known.error()};
    }
    if (PQntuples(known->get()) == 1) {
        if (std::string_view{PQgetvalue(known->get(), 0, 0)} != "t") {
            return failure(store_errc::migration_changed,
                           name + " was applied with another text; a change needs a migration of its own");
        }
        auto ended = execute(at, "rollback", name);
        return ended ? result<bool>{false} : std::unexpected{ended.error()};
    }
    if (auto done = execute(at, text.c_str(), name); !done) {
        return std::unexpected{done.error()};
    }
    if (auto noted = ask(at, note_applied, values, name); !noted) {
        return std::unexpected{noted.error()};
    }
    auto ended = execute(at, "commit", name);
    return ended ? result<bool>{true} : std::unexpected{ended.error()};
}

result<> prepare(PGconn* at, adapter which) {
    constexpr auto doing = "punctual.migration";
    for (const char* sql : {"begin", take_lock, bootstrap, "commit"}) {
        if (auto done = execute(at, sql, doing); !done) {
            return done;
        }
    }
    const auto other = which == adapter::django ? adapter::standalone : adapter::django;
    const auto folder = std::string{to_string(other)} + "/";
    const std::array values{folder.c_str()};
    auto found = ask(at, "select 1 from punctual.migration where starts_with(name, $1) limit 1", values, doing);
    if (!found) {
        return std::unexpected{found.error()};
    }
    if (PQntuples(found->get()) > 0) {
        return failure(store_errc::other_adapter,
                       "the database was made with --adapter " + std::string{to_string(other)});
    }
    return {};
}

// Folders are for people; the order is by number alone.
std::vector<embedded::file> chosen(adapter which, std::span<const embedded::file> files) {
    const auto folder = std::string{to_string(which)} + "/";
    std::vector<embedded::file> mine;
    for (const auto& file : files) {
        if (file.name.starts_with("core/") || file.name.starts_with(folder)) {
            mine.push_back(file);
        }
    }
    std::ranges::sort(mine, {}, [](const embedded::file& file) { return file.name.substr(file.name.rfind('/') + 1); });
    return mine;
}

}  // namespace

std::string_view to_string(adapter value) noexcept {
    return value == adapter::django ? "django" : "standalone";
}

std::optional<adapter> parse_adapter(std::string_view word) noexcept {
    for (const auto value : {adapter::standalone, adapter::django}) {
        if (to_string(value) == word) {
            return value;
        }
    }
    return std::nullopt;
}

std::vector<std::string> migration_names(adapter which) {
    std::vector<std::string> names;
    for (const auto& file : chosen(which, embedded::migrations())) {
        names.emplace_back(file.name);
    }
    return names;
}

result<migration_report> migrate(const std::string& conninfo, adapter which) {
    return migrate(conninfo, which, embedded::migrations());
}

result<migration_report> migrate(const std::string& conninfo, adapter which, std::span<const embedded::file> files) {
    auto opened = open(conninfo);
    if (!opened) {
        return std::unexpected{opened.error()};
    }
    auto* const at = opened->get();
    if (auto ready = prepare(at, which); !ready) {
        return std::unexpected{ready.error()};
    }
    migration_report report;
    for (const auto& file : chosen(which, files)) {
        const std::string name{file.name};
        const std::string text{file.text};
        auto ran = apply(at, name, text);
        if (!ran) {
            return std::unexpected{ran.error()};
        }
        if (*ran) {
            report.applied.push_back(name);
        } else {
            ++report.present;
        }
    }
    auto all = ask(at, "select count(*) from punctual.migration", {}, "punctual.migration");
    if (!all) {
        return std::unexpected{all.error()};
    }
    const std::size_t rows = std::stoul(PQgetvalue(all->get(), 0, 0));
    report.unknown = rows - std::min(rows, report.applied.size() + report.present);
    return report;
}

}  // namespace punctual::net
