#include "commands/commands.hpp"
#include "commands/errand.hpp"
#include "commands/instant.hpp"
#include "commands/load_settings.hpp"
#include "domain/planning.hpp"
#include "domain/pre_send.hpp"
#include "domain/quiet_hours.hpp"
#include "jobs/night.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/store/postgres_store.hpp"
#include "net/store/preview.hpp"
#include "net/store/row_check.hpp"
#include "wiring.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace punctual::commands {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::delivery_state;

constexpr auto database_time = 60s;
constexpr auto default_length = 24h;
// So many appointments are asked for at once.
constexpr std::size_t batch = 500;
constexpr std::size_t page = 1000;
constexpr auto far_away = wall_time{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

struct window {
    std::optional<domain::appointment_id> only;
    wall_time at{};
    std::optional<wall_time> until;

    [[nodiscard]] bool takes(domain::appointment_id id) const noexcept { return !only || *only == id; }
};

// One message, at the moment when it would leave.
struct shown {
    wall_time at{};
    domain::claimed_delivery what;
    bool at_night = false;  // quiet hours forbid it
};

class planner {
public:
    planner(const config::settings& settings, const net::rendering::composer& composer, window asked)
        : settings_{settings}, rules_{settings.rules}, composer_{composer}, asked_{asked} {}

    net::task<result<int>> run(net::postgres::client& database, net::clock& clock) {
        const auto store = net::make_postgres_store(database, rules_, net::store_use::look_only);
        const auto until = clock.boot_now() + database_time;
        const auto collected = co_await collect(*store, until);
        if (!collected) {
            co_return std::unexpected{collected.error()};
        }
        const auto read = co_await read_messages(database, until);
        if (!read) {
            co_return std::unexpected{read.error()};
        }
        if (asked_.only && messages_.empty()) {
            const auto row = co_await net::look_at_row(database, *asked_.only, until);
            if (!row) {
                co_return std::unexpected{row.error()};
            }
            if (!row->there || !row->mistakes.empty()) {
                std::cerr << "punctuald: appointment " << *asked_.only << ": " << describe(*row) << '\n';
                co_return 1;
            }
        }
        std::ranges::sort(messages_, {}, [](const shown& one) { return std::pair{one.at, one.what.appointment}; });
        for (const auto& one : messages_) {
            print(one);
        }
        std::cout << fmt::format("{} messages from {} to {}\n", messages_.size(), instant_text(asked_.at),
                                 instant_text(end()));
        co_return 0;
    }

private:
    [[nodiscard]] wall_time end() const { return asked_.until.value_or(asked_.at + default_length); }

    // Reminders of what is booked, and notices of changes that no daemon has taken up.
    net::task<result<>> collect(net::store& store, deadline until) {
        std::vector<domain::scheduled_visit> visits;
        const auto furthest = rules_.reminders.empty() ? 0s : rules_.reminders.front().before;
        // One alone is looked for wherever it is.
        const auto starts_before = asked_.only && !asked_.until ? far_away : end() + furthest + 1s;
        std::function<void(const domain::scheduled_visit&)> take = [&](const domain::scheduled_visit& visit) {
            if (asked_.takes(visit.appointment)) {
                visits.push_back(visit);
            }
        };
        auto mark = co_await store.snapshot(asked_.at, starts_before, std::move(take), until);
        if (!mark) {
            co_return std::unexpected{mark.error()};
        }
        if (asked_.only && !asked_.until && !visits.empty()) {
            asked_.until = visits.front().starts_at + visits.front().duration;
        }
        for (const auto& visit : visits) {
            for (auto& row : domain::plan_reminders(visit, rules_, asked_.at)) {
                if (row.due_at <= end()) {
                    add(std::move(row));
                }
            }
        }
        for (bool more = true; more;) {
            auto look = co_await store.look(*mark, page, until);
            if (!look) {
                co_return std::unexpected{look.error()};
            }
            for (const auto& change : look->changes) {
                if (asked_.takes(change.appointment) && !change.change_ids.empty()) {
                    for (auto& row : domain::plan_notices(change, rules_, asked_.at).deliveries) {
                        add(std::move(row));
                    }
                }
            }
            mark = std::move(look->next);
            more = look->more;
        }
        co_return result<>{};
    }

    void add(domain::planned_delivery row) {
        if (row.state == delivery_state::claimed || row.state == delivery_state::retrying) {
            rows_.push_back(std::move(row));
        }
    }

    net::task<result<>> read_messages(net::postgres::database& database, deadline until) {
        for (std::size_t from = 0; from < rows_.size(); from += batch) {
            const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(from);
            const auto count = static_cast<std::ptrdiff_t>(std::min(batch, rows_.size() - from));
            std::vector<domain::planned_delivery> some{first, first + count};
            auto read = co_await net::preview(database, rules_, std::move(some), until);
            if (!read) {
                co_return std::unexpected{read.error()};
            }
            keep(std::move(*read));
        }
        auto waiting = co_await net::preview_waiting(database, rules_, asked_.only, end(), until);
        if (!waiting) {
            co_return std::unexpected{waiting.error()};
        }
        keep(std::move(*waiting));
        co_return result<>{};
    }

    void keep(std::vector<domain::claimed_delivery> read) {
        for (auto& one : read) {
            auto at = std::max(one.due_at, asked_.at);
            bool at_night = false;
            if (domain::quiet_hours_apply(rules_, one.kind, one.channel)) {
                const auto night =
                    jobs::decide_quiet_hours(rules_, one.recipient.time_zone, at, one.what.starts_at, asked_.at);
                at_night = night.what == domain::quiet_decision::verdict::skip;
                at = at_night ? at : night.send_at;
            }
            messages_.push_back({at, std::move(one), at_night});
        }
    }

    void print(const shown& one) const {
        const auto& what = one.what;
        std::cout << fmt::format("{}  appointment {}, {} by {} to {} {}\n", instant_text(one.at), what.appointment,
                                 domain::kind_name(rules_, what.kind), domain::to_string(what.channel),
                                 domain::to_string(what.recipient_role), what.recipient.id);
        const domain::configured_channels configured{.email = !settings_.email.host.empty(),
                                                     .whatsapp = settings_.twilio.configured(),
                                                     .sms = settings_.twilio.configured()};
        const auto why = domain::pre_send_check(what, rules_, one.at, configured);
        if (one.at >= what.useless_after) {
            std::cout << "    expired\n";
        } else if (why) {
            std::cout << fmt::format("    skipped: {}\n", domain::to_string(*why));
        } else if (one.at_night) {
            std::cout << "    skipped: quiet_hours\n";
        } else if (what.channel == channel::email) {
            print_mail(one);
        } else {
            print_text(one);
        }
    }

    void print_mail(const shown& one) const {
        const auto mail = composer_.compose_words(one.what, one.at);
        if (!mail) {
            std::cout << fmt::format("    skipped: {}\n", domain::to_string(mail.error()));
            return;
        }
        std::cout << fmt::format("    to: {}\n    subject: {}\n", mail->to, mail->subject);
        print_lines(mail->text);
        if (mail->invitation) {
            std::cout << "    with an invitation (.ics)\n";
        }
    }

    void print_text(const shown& one) const {
        const auto text = composer_.compose_text(one.what, one.at);
        if (!text) {
            const bool falls_back =
                one.what.channel == channel::whatsapp && text.error() == domain::reason::channel_not_configured;
            std::cout << fmt::format("    skipped: {}{}\n", domain::to_string(text.error()),
                                     falls_back ? ", and an SMS in its place:" : "");
            if (falls_back) {
                auto sms = one;
                sms.what.channel = channel::sms;
                print_text(sms);
            }
            return;
        }
        std::cout << fmt::format("    to: {}\n", text->to);
        if (!text->content_sid.empty()) {
            std::cout << fmt::format("    template: {}\n", text->content_sid);
            for (const auto& [place, words] : text->content_variables) {
                std::cout << fmt::format("    {}: {}\n", place, words);
            }
        }
        print_lines(text->body);
    }

    static void print_lines(std::string_view text) {
        while (!text.empty()) {
            const auto end = text.find('\n');
            std::cout << "    | " << text.substr(0, end) << '\n';
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
    }

    const config::settings& settings_;
    const domain::policy& rules_;
    const net::rendering::composer& composer_;
    window asked_;
    std::vector<domain::planned_delivery> rows_;
    std::vector<shown> messages_;
};

}  // namespace

int plan(const request& asked) {
    const auto loaded = load_settings(asked, config::purpose::messages);
    if (!loaded) {
        return 1;
    }
    const auto log = net::make_null_logger();
    const auto composer = net::rendering::make_composer(wiring::composer(loaded->settings), *log);
    if (!composer) {
        std::cerr << "punctuald: " << composer.error().message() << '\n';
        return 1;
    }
    std::optional<planner> work;
    return run_errand(loaded->settings, {.application_name = "punctuald plan", .read_only = true},
                      [&](net::postgres::client& database, net::clock& clock) {
                          const auto now = clock.wall_now();
                          work.emplace(
                              loaded->settings, **composer,
                              window{.only = asked.appointment, .at = asked.at.value_or(now), .until = asked.until});
                          return work->run(database, clock);
                      });
}

}  // namespace punctual::commands
