// A daemon is frozen (SIGSTOP) at a named place with claimed rows in hand, for longer than its lease, and another
// one takes them over. Thawed, it looks at its lease right before the first byte, and sends nothing.

#include "support/clinic.hpp"
#include "support/far_end_tally.hpp"
#include "support/server_process.hpp"
#include "support/sql_session.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <ostream>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

bool is_frozen(const program& daemon) {
    std::ifstream in{"/proc/" + std::to_string(daemon.pid()) + "/stat"};
    std::string text;
    std::getline(in, text);
    const auto end = text.rfind(')');
    return end != std::string::npos && text.size() > end + 2 && text[end + 2] == 'T';
}

// One channel a place, so that no other message can be in doubt: passing 1 of a place before the dot.
struct place {
    const char* name;
    const char* channel;

    friend std::ostream& operator<<(std::ostream& to, const place& one) { return to << one.name; }
};

class frozen_at : public testing::TestWithParam<place> {};

TEST_P(frozen_at, sends_nothing_that_another_has_taken_over) {
    const auto channel = "[\"" + std::string{GetParam().channel} + "\"]\n";
    clinic clinic{"[[reminder]]\nname = \"reminder_15m\"\nbefore = \"20s\"\nfallback_after = \"5m\"\npatient = " +
                  channel + "psychologist = " + channel + R"toml([messages.confirmation]
patient = []
psychologist = []
[messages.staff_alert]
clinic = []
[timing]
staff_alert_before = "1s"
[limits]
lease = "2s"
)toml"};
    clinic.environment["PUNCTUAL_FAULT"] = std::string{GetParam().name} + ":1:stop";
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    clinic.sql("insert into punctual.appointment (patient_id, psychologist_id, starts_at, session_type) select " +
               std::to_string(patient) + ", " + std::to_string(psychologist) +
               ", clock_timestamp() + interval '20.3 seconds', 'in_person' from generate_series(1, 4)");
    ASSERT_TRUE(becomes_true([&] { return is_frozen(clinic.daemon()); }, 20s)) << clinic.daemon().output();
    const auto port = std::to_string(find_free_port());
    const auto other = clinic.launch_another({{"PORT", port}, {"PUNCTUAL_FAULT", ""}});
    sql_session database{clinic.database()};
    const auto settled = [&] {
        return database.run("select count(*) from punctual.delivery where state in ('accepted', 'delivered')") == "8";
    };
    ASSERT_TRUE(becomes_true(settled, 30s)) << clinic.sql("select * from punctual.delivery") << other->output();
    clinic.daemon().signal(SIGCONT);
    EXPECT_EQ(clinic.stop(), 0) << clinic.daemon().output();
    other->signal(SIGTERM);
    EXPECT_EQ(other->wait(40s), 0) << other->output();

    const auto tally = count_at_the_far_end(clinic, "true");
    EXPECT_EQ(tally.rows, 8U);
    EXPECT_EQ(tally.lost, 0U) << tally.words;
    EXPECT_EQ(tally.doubled_texts, 0U) << tally.words;
    EXPECT_EQ(tally.unmarked, 0U) << tally.words;
    EXPECT_EQ(tally.doubled, 0U) << tally.words;
}

INSTANTIATE_TEST_SUITE_P(crash, frozen_at,
                         testing::Values(place{"claim.answered", "email"}, place{"smtp.before_mail", "email"},
                                         place{"smtp.data_accepted", "email"}, place{"text.before_write", "whatsapp"}),
                         [](const auto& one) {
                             std::string name{one.param.name};
                             name[name.find('.')] = '_';
                             return name;
                         });

}  // namespace
