// The daemon is killed (SIGKILL) at each named place between claim and record, with a handful of messages on their
// way, and started again; then the far end is counted. Lost: none. Twice: none, but for mails whose outcome was in
// doubt at that moment, which their rows say (docs/reliability.md).
//
// PUNCTUAL_CRASH_COUNTS="1 2 3" kills at those passings of each place instead of the one in the table, and
// PUNCTUAL_CRASH_LEASE=real lets leases run out by themselves (scripts/crash-matrix). Otherwise they are dated back
// when the daemon is dead, as time would. PUNCTUAL_CRASH_PLACE=smtp.dot_written tries that place alone.

#include "net/async/fault_point.hpp"
#include "support/clinic.hpp"
#include "support/far_end_tally.hpp"
#include "support/sql_session.hpp"
#include "support/visit_crashes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <span>
#include <sstream>
#include <vector>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using punctual::net::fault_places;
using punctual::net::in_doubt;

constexpr int killed = 128 + SIGKILL;

// A place of fault_places, and which passing of it finds messages on their way: some are passed at each start.
struct trial {
    std::string_view place;
    int passing = 1;
    // Where the life before was ended, so that the place is reached; "": there was none.
    std::string_view earlier{};
};

// Passing 1 of a place before the dot: no other mail can be beyond it, so nothing at all is in doubt.
constexpr std::array mail_trials{
    trial{"claim.asked"},
    trial{"claim.sent"},
    trial{"claim.answered"},
    trial{"mail.rendered"},
    trial{"smtp.connected"},
    trial{"smtp.opened"},
    trial{"smtp.before_mail"},
    trial{"smtp.rcpt_accepted"},
    trial{"smtp.data_accepted"},
    trial{"smtp.body_written"},
    trial{"smtp.dot_written", 2},
    trial{"smtp.accepted", 2},
    trial{"outcome.handed_over", 2},
    trial{"record.asked"},
    trial{"record.sent"},
    trial{"takeover.asked", 1, "claim.answered"},
    trial{"takeover.sent", 1, "claim.answered"},
    trial{"takeover.answered", 1, "claim.answered"},
    trial{"mail.rendered", 1, "smtp.before_mail"},
};

constexpr std::array notice_trials{
    trial{"settle.asked"},
    trial{"settle.sent"},
    trial{"settle.answered"},
};

constexpr std::array text_trials{
    trial{"claim.answered"},
    trial{"text.rendered", 2},
    trial{"text.before_write", 2},
    trial{"text.written", 2},
    trial{"text.looked_up", 1, "text.written"},
    trial{"text.answered", 2},
    trial{"outcome.handed_over", 3},
    trial{"record.asked"},
    trial{"record.sent"},
    trial{"record.answered"},
    trial{"takeover.answered", 1, "text.written"},
};

constexpr std::array sms_trials{
    trial{"status.asked", 3},  trial{"status.sent", 3},  trial{"status.answered", 3},
    trial{"silence.asked", 2}, trial{"silence.sent", 2}, trial{"silence.answered", 2},
    trial{"retries.asked", 3}, trial{"retries.sent", 3}, trial{"retries.answered", 3},
};

// No callback comes at all.
constexpr std::array silent_trials{
    trial{"text.silence_asked", 2},
    trial{"status.sent"},
    trial{"status.answered"},
    trial{"takeover.answered", 1, "text.silence_asked"},
};

constexpr std::array room_trials{
    trial{"room.before_write"}, trial{"room.written", 2}, trial{"room.answered", 2},
    trial{"room_row.asked"},    trial{"room_row.sent"},   trial{"room_row.answered"},
};

// A reminder 20 s before the start, so that a booking is followed by its reminder within a second.
std::string plan(std::string_view reminder, std::string_view confirmation) {
    std::string text = "[[reminder]]\nname = \"reminder_15m\"\nbefore = \"20s\"\nfallback_after = \"1s\"\n";
    for (const auto* who : {"patient", "psychologist"}) {
        text.append(who).append(" = [").append(reminder).append("]\n");
    }
    text += "[messages.confirmation]\n";
    for (const auto* who : {"patient", "psychologist"}) {
        text.append(who).append(" = [").append(confirmation).append("]\n");
    }
    return text +
           "[messages.staff_alert]\nclinic = []\n[timing]\nshort_notice = \"1s\"\nstaff_alert_before = \"1s\"\n"
           "notice_fallback_near = \"1s\"\nnotice_fallback_far = \"1s\"\n[limits]\nlease = \"2s\"\n";
}

class matrix {
public:
    matrix(const std::string& toml, std::size_t deliveries) : clinic_{toml}, deliveries_{deliveries} {
        patient_ = std::to_string(clinic_.add_patient());
        unlucky_ = std::to_string(clinic_.add_patient("Alex"));
        psychologist_ = std::to_string(clinic_.add_psychologist());
        // Every WhatsApp message to that one fails, and an SMS takes its place.
        clinic_.sql("update punctual.person set phone = '0491 570 158' where id = " + unlucky_);
        const auto answer = clinic_.order(
            R"({"target":"message","to":"+61491570158","channel":"whatsapp","status":"failed","code":63024,"next":0})");
        EXPECT_EQ(answer.status / 100, 2) << answer.body;
        if (const char* given = std::getenv("PUNCTUAL_CRASH_COUNTS")) {
            std::istringstream in{given};
            for (int count = 0; in >> count;) {
                counts_.push_back(count);
            }
        }
        const char* lease = std::getenv("PUNCTUAL_CRASH_LEASE");
        real_leases_ = lease != nullptr && std::string_view{lease} == "real";
    }

    void lose_callbacks() {
        const auto answer = clinic_.order(R"({"target":"callback","action":"lose","next":0})");
        EXPECT_EQ(answer.status / 100, 2) << answer.body;
    }

    void run(std::span<const trial> trials) {
        const char* only = std::getenv("PUNCTUAL_CRASH_PLACE");
        for (const auto& one : trials) {
            if (only != nullptr && one.place != only) {
                continue;
            }
            for (const int passing : counts_.empty() ? std::vector{one.passing} : counts_) {
                run(one, passing);
            }
        }
    }

private:
    // Four visits at one second; `where` for their deliveries.
    std::string book() {
        const auto before = clinic_.sql("select coalesce(max(id), 0) from punctual.appointment");
        clinic_.sql("insert into punctual.appointment (patient_id, psychologist_id, starts_at) select p, " +
                    psychologist_ + ", clock_timestamp() + interval '20.3 seconds' from unnest(array[" + patient_ +
                    ", " + unlucky_ + ", " + patient_ + ", " + unlucky_ + "]) p");
        return "d.appointment_id > " + before;
    }

    // False: it does not come by there so often.
    bool dies_at(std::string_view place, int passing, std::string& where) {
        clinic_.environment["PUNCTUAL_FAULT"] = std::string{place} + ":" + std::to_string(passing) + ":kill";
        if (where.empty()) {
            clinic_.start();
            where = book();
        } else {
            clinic_.launch();
        }
        const auto code = clinic_.daemon().wait(counts_.empty() ? 20s : 5s);
        if (!code) {
            clinic_.kill();
        }
        EXPECT_EQ(code.value_or(killed), killed) << clinic_.daemon().output();
        if (!real_leases_) {
            clinic_.sql("update punctual.delivery set lease_until = clock_timestamp() where state = 'claimed'");
        }
        return code.has_value();
    }

    void run(const trial& one, int passing) {
        const auto* place = std::ranges::find(fault_places, one.place, &punctual::net::fault_place::name);
        ASSERT_NE(place, fault_places.end()) << one.place;
        SCOPED_TRACE(std::string{one.earlier} + " " + std::string{one.place} + ":" + std::to_string(passing));
        const auto began = std::chrono::steady_clock::now();
        std::string where;
        bool reached = one.earlier.empty() || dies_at(one.earlier, 1, where);
        reached = dies_at(one.place, passing, where) && reached;
        clinic_.environment.erase("PUNCTUAL_FAULT");
        clinic_.start();
        {
            sql_session database{clinic_.database()};
            const auto there =
                "select count(*) >= " + std::to_string(deliveries_) + " from punctual.delivery d where " + where;
            static_cast<void>(becomes_true([&] { return database.run(there) == "t"; }, 30s));
        }
        const auto tally = settled_at_the_far_end(clinic_, where, 30s);
        EXPECT_TRUE(reached || !counts_.empty()) << "the daemon does not come by there";
        EXPECT_GE(tally.rows, deliveries_) << clinic_.daemon().output();
        EXPECT_EQ(tally.open, 0U) << tally.words << clinic_.daemon().output();
        EXPECT_EQ(tally.awaited, 0U) << tally.words << clinic_.daemon().output();
        EXPECT_EQ(tally.lost, 0U) << tally.words;
        EXPECT_EQ(tally.unasked, 0U) << tally.words;
        EXPECT_EQ(tally.unmarked, 0U) << tally.words;
        EXPECT_EQ(tally.doubled_texts, 0U) << tally.words;
        EXPECT_EQ(tally.thrice, 0U) << tally.words;
        if (place->outcome == in_doubt::no && passing == 1) {
            EXPECT_EQ(tally.doubled, 0U) << tally.words;
        }
        check_replaced(where);
        check_rooms(where);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        std::cout << "[ crash    ] " << one.earlier << (one.earlier.empty() ? "" : ", ") << one.place << ":" << passing
                  << (reached ? "" : " (not reached)") << " messages=" << tally.rows << " lost=" << tally.lost
                  << " twice=" << tally.doubled << " seconds=" << took.count() << "\n";
        clinic_.kill();
        // The next one shall find nothing of it.
        clinic_.sql("delete from punctual.appointment");
        clinic_.sql("truncate punctual.change, punctual.delivery, punctual.appointment_state, punctual.webhook");
    }

    // Whom the WhatsApp message has reached gets no SMS; all that did not fail have.
    void check_replaced(const std::string& where) {
        EXPECT_EQ(
            clinic_.sql("select count(*) from punctual.delivery d join punctual.delivery w on w.id = d.in_place_of "
                        "where w.state <> 'failed' and d.state <> 'skipped' and " +
                        where),
            "0");
    }

    // One at Twilio for each visit, and it is the one that is written down.
    void check_rooms(const std::string& where) {
        const auto names =
            "select count(distinct s.appointment_id) from punctual.appointment_state s join "
            "punctual.delivery d using (appointment_id) where s.room_sid is not null and " +
            where;
        EXPECT_TRUE(becomes_true([&] { return clinic_.sql(names) == "4"; }, 30s)) << clinic_.sql(names);
        const auto rooms = clinic_.sandbox_get("/sandbox/rooms.json").body;
        std::istringstream sids{
            clinic_.sql("select distinct s.room_name, s.room_sid from punctual.appointment_state s "
                        "join punctual.delivery d using (appointment_id) where " +
                        where)};
        for (std::string line; std::getline(sids, line);) {
            const auto bar = line.find('|');
            const auto name = "\"" + line.substr(0, bar) + "\"";
            EXPECT_NE(rooms.find(line.substr(bar + 1)), std::string::npos) << line;
            const auto first = rooms.find(name);
            EXPECT_NE(first, std::string::npos) << line;
            EXPECT_EQ(rooms.find(name, first + 1), std::string::npos) << "two rooms: " << line;
        }
    }

    clinic clinic_;
    std::size_t deliveries_;  // of four visits, SMS among them
    std::string patient_;
    std::string unlucky_;
    std::string psychologist_;
    std::vector<int> counts_;
    bool real_leases_ = false;
};

TEST(crash_matrix, covers_every_named_place) {
    std::vector<std::string_view> tried;
    for (const auto trials : {std::span<const trial>{mail_trials}, std::span<const trial>{notice_trials},
                              std::span<const trial>{text_trials}, std::span<const trial>{sms_trials},
                              std::span<const trial>{silent_trials}, std::span<const trial>{room_trials}}) {
        std::ranges::transform(trials, std::back_inserter(tried), &trial::place);
    }
    std::ranges::transform(visit_crashes, std::back_inserter(tried), &visit_crash::place);
    for (const auto& place : fault_places) {
        EXPECT_THAT(tried, testing::Contains(place.name));
    }
}

TEST(crash_matrix, loses_no_mail_and_doubles_only_what_was_in_doubt) {
    matrix{plan(R"("email")", ""), 8}.run(mail_trials);
}

TEST(crash_matrix, loses_no_notice_that_a_booking_causes) {
    matrix{plan(R"("email")", R"("email")"), 16}.run(notice_trials);
}

TEST(crash_matrix, loses_and_doubles_no_text) {
    matrix{plan(R"("whatsapp")", ""), 10}.run(text_trials);
}

TEST(crash_matrix, sends_one_sms_in_a_failed_texts_place) {
    matrix{plan(R"("whatsapp")", ""), 10}.run(sms_trials);
}

TEST(crash_matrix, sends_no_sms_in_the_place_of_what_arrived_in_silence) {
    matrix one{plan(R"("whatsapp")", ""), 16};
    one.lose_callbacks();
    one.run(silent_trials);
}

TEST(crash_matrix, makes_one_room_for_a_visit) {
    matrix{plan(R"("email")", ""), 8}.run(room_trials);
}

}  // namespace
