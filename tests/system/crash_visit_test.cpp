// The daemon is killed (SIGKILL) while callbacks of a room come in and while it is decided what came of the visit, and
// started again. Twilio calls once: what nobody took in is asked for. In the end it knows who was there from when to
// when, and the visit is completed, or its no_show written, once.
//
// PUNCTUAL_CRASH_COUNTS and PUNCTUAL_CRASH_PLACE as in crash_matrix_test.cpp.

#include "support/clinic.hpp"
#include "support/visit_crashes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <sstream>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

constexpr int killed = 128 + SIGKILL;

class visits_that_are_interrupted {
public:
    visits_that_are_interrupted() {
        patient_ = clinic_.add_patient();
        psychologist_ = clinic_.add_psychologist();
    }

    void run(const visit_crash& where, int passing) {
        SCOPED_TRACE(std::string{where.place} + ":" + std::to_string(passing));
        clinic_.environment["PUNCTUAL_FAULT"] = std::string{where.place} + ":" + std::to_string(passing) + ":kill";
        clinic_.start();
        // It has just ended, and may be joined for some seconds more.
        id_ = std::to_string(clinic_.book(patient_, psychologist_, -1h - 500ms));
        ASSERT_TRUE(becomes_true(
            [&] { return clinic_.post("/api/appointments/video-room/" + id_ + "/", psychologist_).status == 200; },
            20s))
            << clinic_.daemon().output();
        name_ = clinic_.sql("select room_name from punctual.appointment_state where appointment_id = " + id_);
        if (where.both_come) {
            visit();
        }
        const auto code = clinic_.daemon().wait(many_ ? 5s : 30s);
        EXPECT_TRUE(many_ || code) << "the daemon does not come by there\n" << clinic_.daemon().output();
        EXPECT_EQ(code.value_or(killed), killed);
        if (!code) {
            clinic_.kill();
        }
        clinic_.environment.erase("PUNCTUAL_FAULT");
        clinic_.start();
        check(where);
        clinic_.kill();
        clinic_.sql("delete from punctual.appointment");
        clinic_.sql("truncate punctual.change, punctual.appointment_state, punctual.stay, punctual.video_room");
    }
    void many() { many_ = true; }

private:
    // Twilio goes on, whether or not anybody listens. A moment between the callbacks: they come one after the other.
    void visit() {
        const auto room = "/sandbox/rooms/" + name_;
        const auto events = [this] {
            return clinic_.sql("select count(*) from punctual.webhook where source = 'room_status'");
        };
        for (const auto* what : {"join", "leave"}) {
            for (const auto& who : {std::to_string(patient_) + "-robin@patient.example",
                                    std::to_string(psychologist_) + "-sam@harbour.example"}) {
                const auto before = events();
                const auto answer = clinic_.sandbox_post(room + "/" + what, R"({"identity":")" + who + "\"}");
                EXPECT_EQ(answer.status / 100, 2) << answer.body;
                static_cast<void>(
                    becomes_true([&] { return events() != before || clinic_.daemon().wait(0s).has_value(); }, 5s));
            }
        }
        EXPECT_EQ(clinic_.sandbox_post(room + "/end", "{}").status, 204);
    }

    void check(const visit_crash& where) {
        const auto text = [this](std::string_view query) { return clinic_.sql(std::string{query} + id_); };
        const auto* wanted = where.both_come ? "completed" : "no_show";
        EXPECT_TRUE(
            becomes_true([&] { return text("select status from punctual.appointment where id = ") == wanted; }, 30s))
            << text("select status from punctual.appointment where id = ") << clinic_.daemon().output();
        EXPECT_EQ(
            text("select count(*) from punctual.change where what like '%status%' and appointment_id = "),
            text("select least(count(*), 1) from punctual.change where what like '%status%' and appointment_id = "))
            << "twice";
        if (where.both_come) {
            EXPECT_EQ(text("select count(*) || ' ' || count(left_at) || ' ' || count(distinct person_id) "
                           "from punctual.stay where appointment_id = "),
                      "2 2 2");
            EXPECT_EQ(text("select count(*) from punctual.appointment_state where no_show_at is not null "
                           "and appointment_id = "),
                      "0");
        } else {
            EXPECT_TRUE(becomes_true(
                [&] {
                    return text(
                               "select no_show_absent || ' ' || no_show_written from punctual.appointment_state "
                               "where appointment_id = ") == "both true";
                },
                30s));
        }
    }

    clinic clinic_{
        "[video]\njoin_after_end = \"6s\"\nwrite_no_show = true\n"
        "[messages.confirmation]\npatient = []\npsychologist = []\n"};
    std::int64_t patient_ = 0;
    std::int64_t psychologist_ = 0;
    std::string id_;
    std::string name_;
    bool many_ = false;
};

// Of the places that begin so.
void kill_at(std::string_view subject) {
    visits_that_are_interrupted visits;
    std::vector<int> counts;
    if (const char* given = std::getenv("PUNCTUAL_CRASH_COUNTS")) {
        std::istringstream in{given};
        for (int count = 0; in >> count;) {
            counts.push_back(count);
        }
        visits.many();
    }
    const char* only = std::getenv("PUNCTUAL_CRASH_PLACE");
    for (const auto& one : visit_crashes) {
        if (!one.place.starts_with(subject) || (only != nullptr && one.place != only)) {
            continue;
        }
        for (const int passing : counts.empty() ? std::vector{one.passing} : counts) {
            visits.run(one, passing);
        }
    }
}

TEST(crash_visit, knows_who_was_there_whatever_callback_was_lost) {
    kill_at("room_event.");
}

TEST(crash_visit, is_completed_once) {
    kill_at("complete.");
}

TEST(crash_visit, has_its_no_show_written_once) {
    kill_at("no_show.");
}

}  // namespace
}  // namespace punctual::test
