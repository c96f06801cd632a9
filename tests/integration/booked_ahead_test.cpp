// What a booking 25 h, 2 h, 40 min and 10 min ahead sends, in five zones, over both nights on which clocks
// change: our planning, quiet hours and composer against a table that Python wrote from the rules
// (tests/readers/booked_ahead.py).

#include "domain/planning.hpp"
#include "domain/quiet_hours.hpp"
#include "jobs/night.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "support/sample_delivery.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::delivery_state;
using domain::planned_delivery;
using domain::role;

constexpr const char* table_path = PUNCTUAL_SOURCE_DIR "/tests/readers/booked_ahead.txt";

struct booking_case {
    std::string title;
    std::string zone;
    wall_time starts_at;
    std::chrono::seconds ahead{};
    std::vector<std::string> messages;
};

// "== night | zone | unix start | seconds ahead | words", then its messages.
std::vector<booking_case> read_table() {
    std::vector<booking_case> cases;
    std::ifstream in{table_path};
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("== ")) {
            cases.back().messages.push_back(line);
            continue;
        }
        std::vector<std::string> fields;
        for (std::size_t at = 3; at < line.size();) {
            const auto end = std::min(line.find(" | ", at), line.size());
            fields.push_back(line.substr(at, end - at));
            at = end + 3;
        }
        auto& made = cases.emplace_back();
        made.title = line.substr(3);
        made.zone = fields.at(1);
        made.starts_at = wall_time{std::chrono::seconds{std::stoll(fields.at(2))}};
        made.ahead = std::chrono::seconds{std::stoll(fields.at(3))};
    }
    return cases;
}

std::string one_line(std::string text) {
    for (auto at = text.find("\n\n"); at != std::string::npos; at = text.find("\n\n")) {
        text.replace(at, 2, " // ");
    }
    return text;
}

class teller {
public:
    explicit teller(const booking_case& of) : of_{of}, booked_{of.starts_at - of.ahead} {
        auto settings = test::sample_settings();
        settings.whatsapp_freeform = true;
        composer_ = make_composer(settings, log_).value();
    }

    std::vector<std::string> tell() {
        domain::appointment_image now;
        now.what = {.starts_at = of_.starts_at, .duration = 50min, .session_type = {}, .location = {}};
        now.patient = 7;
        now.psychologist = 8;
        const domain::appointment_change change{.appointment = 123,
                                                .version = 1,
                                                .told = std::nullopt,
                                                .now = now,
                                                .changed_at = booked_,
                                                .change_ids = {}};
        for (const auto& row : domain::plan_notices(change, rules_, booked_).deliveries) {
            tell(row, booked_);
        }
        const domain::scheduled_visit visit{.appointment = 123,
                                            .starts_at = of_.starts_at,
                                            .duration = 50min,
                                            .version = 1,
                                            .telehealth = true,
                                            .open = true,
                                            .booked_at = booked_};
        for (const auto& row : domain::plan_reminders(visit, rules_, booked_)) {
            if (row.state != delivery_state::skipped) {  // those the notices have written down
                tell(row, row.due_at);
            }
        }
        std::ranges::sort(lines_);
        return lines_;
    }

private:
    void tell(const planned_delivery& row, wall_time at) {
        if (row.state == delivery_state::skipped) {
            return skipped(row, domain::to_string(row.reason));
        }
        if (domain::quiet_hours_apply(rules_, row.kind, row.channel)) {
            const auto night = jobs::decide_quiet_hours(rules_, of_.zone, at, of_.starts_at, booked_);
            if (night.what == domain::quiet_decision::verdict::skip) {
                return skipped(row, "quiet_hours");
            }
            at = night.send_at;
        }
        auto what = test::sample_delivery(row.kind, 0s, row.channel);
        what.what.starts_at = of_.starts_at;
        what.useless_after = row.useless_after;
        if (row.recipient_role == role::psychologist) {
            test::make_psychologist(what);
        }
        what.recipient.time_zone = of_.zone;
        const auto start = fmt::format("+{:05} min | {} | {} | ",
                                       std::chrono::duration_cast<std::chrono::minutes>(at - booked_).count(),
                                       domain::kind_name(rules_, row.kind), domain::to_string(row.recipient_role));
        if (row.channel == channel::email) {
            const auto mail = composer_->compose_words(what, at).value();
            // The sentence under the greeting.
            const auto from = mail.text.find("\n\n") + 2;
            lines_.push_back(start + "email | " + mail.subject + " | " +
                             mail.text.substr(from, mail.text.find('\n', from) - from));
            return;
        }
        lines_.push_back(start + "whatsapp | " + one_line(composer_->compose_text(what, at).value().body));
        what.channel = channel::sms;
        const auto sms = composer_->compose_text(what, at).value();
        lines_.push_back(start + fmt::format("sms | valid {} s | ", sms.validity.count()) + sms.body);
    }

    void skipped(const planned_delivery& row, std::string_view why) {
        lines_.push_back(fmt::format("skipped    | {} | {} | {} | {}", domain::kind_name(rules_, row.kind),
                                     domain::to_string(row.recipient_role), domain::to_string(row.channel), why));
    }

    const booking_case& of_;
    wall_time booked_;
    domain::policy rules_ = domain::default_policy();
    test::kept_log log_;
    std::unique_ptr<composer> composer_;
    std::vector<std::string> lines_;
};

class booked_ahead : public testing::TestWithParam<std::size_t> {};

TEST_P(booked_ahead, sends_exactly_the_messages_and_words_of_the_table) {
    const auto of = read_table().at(GetParam());
    EXPECT_EQ(teller{of}.tell(), of.messages) << of.title;
}

INSTANTIATE_TEST_SUITE_P(all, booked_ahead, testing::Range(std::size_t{0}, std::size_t{50}));

TEST(booked_ahead_table, has_every_zone_night_and_lead) {
    EXPECT_EQ(read_table().size(), 50U);
}

TEST(booked_ahead_table, is_what_the_rules_say_by_pythons_zones) {
    std::string said;
    auto* const pipe = ::popen(
        "PYTHONIOENCODING=utf-8 /usr/bin/python3 -B " PUNCTUAL_SOURCE_DIR "/tests/readers/booked_ahead.py 2>&1", "r");
    ASSERT_NE(pipe, nullptr);
    std::array<char, 4'096> block{};
    for (auto got = std::fread(block.data(), 1, block.size(), pipe); got > 0;
         got = std::fread(block.data(), 1, block.size(), pipe)) {
        said.append(block.data(), got);
    }
    EXPECT_EQ(::pclose(pipe), 0);
    std::stringstream table;
    table << std::ifstream{table_path}.rdbuf();
    EXPECT_EQ(said, table.str());
}

}  // namespace
}  // namespace punctual::net::rendering
