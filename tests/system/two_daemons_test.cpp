// Two daemons on one database: what is due is sent by one of them, either may die, and one that was frozen past its
// lease finds that its work has been taken. PUNCTUAL_DUE=20000 makes the number due that of scripts/two-daemons.

#include "support/clinic.hpp"
#include "support/far_end_tally.hpp"
#include "support/server_process.hpp"
#include "support/sql_session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

constexpr const char* plan = R"toml(
[[reminder]]
name = "reminder_15m"
before = "60s"
patient = ["email", "whatsapp"]
psychologist = []
fallback_after = "10m"
[messages.confirmation]
patient = []
psychologist = []
[messages.staff_alert]
clinic = []
[timing]
staff_alert_before = "1s"
last_reminder_grace = "30m"
[video]
room_before = "1s"
[limits]
lease = "2s"
)toml";

class two_daemons : public testing::Test {
protected:
    explicit two_daemons(std::string toml = plan) : clinic_{std::move(toml)} {
        if (const char* given = std::getenv("PUNCTUAL_DUE")) {
            due_ = static_cast<std::size_t>(std::atoi(given));
            limit_ = 10min;
            look_interval_ = 250ms;  // counting them takes the database a while
        }
        clinic_.start();
        launch_other();
    }

    void launch_other() {
        other_ = clinic_.launch_another({{"PORT", std::to_string(other_port_)}});
        const auto url = "curl -s -o /dev/null --fail --max-time 5 http://127.0.0.1:" + std::to_string(other_port_);
        if (!becomes_true([&] { return std::system((url + "/readyz").c_str()) == 0; }, 20s)) {
            throw std::runtime_error{"the other daemon does not get ready: " + other_->output()};
        }
    }

    // So many messages, due within `spread` from a moment that both daemons have time to hear of.
    void book(std::chrono::milliseconds spread) {
        const auto psychologist = std::to_string(clinic_.add_psychologist());
        const auto visits = due_ / 2;
        const auto lead = 60'000 + 1'500 + visits / 5;
        clinic_.sql(
            "with patient as (insert into punctual.person (full_name, email, phone, role, texts_enabled) select "
            "'Robin', 'robin' || n || '@patient.example', '+61412' || lpad(n::text, 6, '0'), 'patient', true "
            "from generate_series(1, " +
            std::to_string(visits) +
            ") n returning id) insert into punctual.appointment (patient_id, psychologist_id, starts_at) select "
            "p.id, " +
            psychologist + ", clock_timestamp() + (" + std::to_string(lead) + " + row_number() over () * " +
            std::to_string(spread.count()) + " / " + std::to_string(visits) +
            ") * interval '1 millisecond' from patient p");
        began_ = std::chrono::steady_clock::now() + std::chrono::milliseconds{lead - 60'000};
    }

    [[nodiscard]] std::size_t number(const std::string& sql) { return std::stoul(database_.run(sql)); }
    [[nodiscard]] std::size_t sent() {
        return number("select count(*) from punctual.delivery where state in ('accepted', 'delivered')");
    }
    [[nodiscard]] std::string claimed_by(const program& daemon) const {
        return "select count(*) from punctual.delivery where state = 'claimed' and claimed_by like '" +
               std::to_string(daemon.pid()) + "-%'";
    }
    [[nodiscard]] bool has_sent(std::size_t least) {
        return becomes_true([&] { return sent() >= least; }, limit_, look_interval_);
    }

    // Messages that the daemon on that port has had accepted, by its own count.
    [[nodiscard]] std::size_t share_of(std::uint16_t port) const {
        const auto file = (clinic_.folder() / "metrics").string();
        const auto command = "curl -s --max-time 10 http://127.0.0.1:" + std::to_string(port) + "/metrics -o " + file;
        if (std::system(command.c_str()) != 0) {
            throw std::runtime_error{"no metrics"};
        }
        std::size_t sum = 0;
        std::ifstream in{file};
        for (std::string line; std::getline(in, line);) {
            if (line.starts_with("punctual_deliveries_total{") && line.contains("state=\"accepted\"")) {
                sum += static_cast<std::size_t>(std::stod(line.substr(line.rfind(' '))));
            }
        }
        return sum;
    }

    void expect_each_once(std::string_view what, bool may_double_mails) {
        ASSERT_TRUE(has_sent(due_)) << sent() << clinic_.daemon().output() << other_->output();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
        // What the far end has got so far is not all: a thawed one may still be at it until it has stopped.
        for (auto* each : {&clinic_.daemon(), other_.get()}) {
            each->signal(SIGTERM);
            EXPECT_EQ(each->wait(60s), 0) << each->output();
        }
        const auto tally = count_at_the_far_end(clinic_, "true");
        EXPECT_EQ(tally.rows, due_);
        EXPECT_EQ(tally.open, 0U) << tally.words;
        EXPECT_EQ(tally.lost, 0U) << tally.words;
        EXPECT_EQ(tally.unmarked, 0U) << tally.words;
        EXPECT_EQ(tally.doubled_texts, 0U) << tally.words;
        if (!may_double_mails) {
            EXPECT_EQ(tally.doubled, 0U) << tally.words;
        }
        std::cout << "[ far end  ] " << what << ": due=" << due_ << " arrived=" << tally.arrived
                  << " lost=" << tally.lost << " twice=" << tally.doubled << " unmarked=" << tally.unmarked
                  << " in doubt=" << number("select count(*) from punctual.delivery where reason = 'outcome_unknown'")
                  << " reconciled=" << number("select count(*) from punctual.delivery where reason = 'reconciled'")
                  << " seconds=" << took.count() << "\n";
    }

    clinic clinic_;
    sql_session database_{clinic_.database()};
    std::uint16_t other_port_ = find_free_port();
    std::unique_ptr<program> other_;
    std::size_t due_ = 1000;
    std::chrono::milliseconds limit_ = 60s;
    std::chrono::milliseconds look_interval_ = 5ms;
    std::chrono::steady_clock::time_point began_;
};

TEST_F(two_daemons, send_each_of_a_thousand_once_between_them) {
    book(0ms);
    ASSERT_TRUE(has_sent(due_)) << sent() << clinic_.daemon().output() << other_->output();
    // A fifth at least, however busy the machine is.
    EXPECT_GE(share_of(clinic_.port()), due_ / 5);
    EXPECT_GE(share_of(other_port_), due_ / 5);
    expect_each_once("both live", false);
}

TEST_F(two_daemons, lose_nothing_when_one_dies_and_then_the_other) {
    book(1s);
    ASSERT_TRUE(has_sent(due_ / 4));
    clinic_.kill();
    ASSERT_TRUE(has_sent(due_ / 2));
    clinic_.start();
    other_->signal(SIGKILL);
    ASSERT_TRUE(other_->wait(10s).has_value());
    ASSERT_TRUE(becomes_true([&] { return number(claimed_by(*other_)) == 0; }, limit_)) << "not taken over";
    launch_other();
    expect_each_once("each killed once", true);
}

TEST_F(two_daemons, send_nothing_twice_when_one_is_frozen_and_thawed_again_and_again) {
    book(5s);
    for (int times = 0; times < 3 && sent() < due_; ++times) {
        if (!becomes_true([&] { return sent() == due_ || number(claimed_by(clinic_.daemon())) > 0; }, limit_)) {
            break;
        }
        clinic_.daemon().signal(SIGSTOP);
        // Its leases run out, and the other takes what it had.
        EXPECT_TRUE(becomes_true([&] { return number(claimed_by(clinic_.daemon())) == 0; }, limit_, look_interval_));
        clinic_.daemon().signal(SIGCONT);
    }
    expect_each_once("one frozen and thawed", true);
}

// What one daemon has written down, another meets at its time.
class two_daemons_in_turn : public two_daemons {
protected:
    two_daemons_in_turn() : two_daemons{quick_fallback()} {}

    static std::string quick_fallback() {
        std::string toml = plan;
        constexpr std::string_view slow = "\"10m\"";
        return toml.replace(toml.find(slow), slow.size(), "\"4s\"");
    }
};

TEST_F(two_daemons_in_turn, meet_the_deadline_of_a_silent_whatsapp_message_whichever_lives) {
    ASSERT_EQ(clinic_.order(R"({"target":"message","channel":"whatsapp","status":"queued","next":0})").status / 100, 2);
    // So that it is the first who sends it.
    other_->signal(SIGSTOP);
    clinic_.book(clinic_.add_patient(), clinic_.add_psychologist(false), 61s);
    const std::string sent_whatsapp = "from punctual.delivery where channel = 'whatsapp' and state = 'accepted'";
    ASSERT_TRUE(becomes_true([&] { return number("select count(*) " + sent_whatsapp) == 1; }, 30s))
        << clinic_.daemon().output();
    clinic_.kill();
    other_->signal(SIGCONT);
    // The mail may have been in doubt, and come twice.
    ASSERT_TRUE(becomes_true([&] { return clinic_.count("reminder_15m", "sms") > 0; }, 30s)) << other_->output();
    const auto sms = *std::ranges::find(clinic_.arrivals(), "sms", &arrival::channel);
    const auto accepted = database_.run("select (extract(epoch from accepted_at) * 1000)::bigint " + sent_whatsapp);
    const auto after = sms.at - std::chrono::system_clock::time_point{std::chrono::milliseconds{std::stoll(accepted)}};
    EXPECT_GE(after, 4s);
    EXPECT_LE(after, 6500ms);
}

}  // namespace
