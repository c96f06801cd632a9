// The circuit breaker as an operator sees it, in /metrics, /readyz and the log, and as the provider sees it: one
// message at a time while it is probed, and all that is still of use soon after it is back.

#include "support/clinic.hpp"
#include "support/smtp_peer.hpp"
#include "support/twilio_peer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

constexpr const char* texts_only = R"toml(
[[reminder]]
name = "reminder_15m"
before = "60s"
patient = ["whatsapp"]
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
)toml";

constexpr const char* both = R"toml(
[messages.confirmation]
patient = ["email", "whatsapp"]
psychologist = []
[messages.staff_alert]
clinic = []
)toml";

// As many people, each with an address and a number of their own, and a visit each so far ahead.
void book_many(const clinic& with, int count, const std::string& ahead, int first = 1) {
    const auto psychologist =
        with.sql("insert into punctual.person (full_name, role) values ('Dr Sam', 'psychologist') returning id");
    with.sql(
        "with patient as (insert into punctual.person (full_name, email, phone, role, texts_enabled) select 'Robin', "
        "'robin' || n || '@patient.example', '+61412' || lpad(n::text, 6, '0'), 'patient', true from generate_series(" +
        std::to_string(first) + ", " + std::to_string(first + count - 1) +
        ") n returning id) insert into punctual.appointment (patient_id, psychologist_id, starts_at) select p.id, " +
        psychologist + ", now() + interval '" + ahead + "' from patient p");
}

bool shows(const clinic& with, const std::string& line) {
    return with.get("/metrics").body.contains(line + "\n");
}

TEST(provider_breaker, holds_probes_with_one_message_and_opens_for_all_to_see) {
    clinic clinic{texts_only};
    twilio_peer twilio;
    clinic.environment["TWILIO_API_BASE_URL"] = twilio.url();
    clinic.start();
    EXPECT_TRUE(shows(clinic, R"(punctual_provider_state{provider="twilio",state="open"} 1)"));

    twilio.be(sickness::broken);
    book_many(clinic, 60, "61 seconds");
    ASSERT_TRUE(becomes_true([&] { return clinic.daemon().output().contains("provider_held"); }, 30s));
    EXPECT_TRUE(becomes_true(
        [&] { return shows(clinic, R"(punctual_provider_state{provider="twilio",state="open"} 0)"); }, 10s));
    EXPECT_TRUE(shows(clinic, R"(punctual_provider_state{provider="smtp",state="open"} 1)"));
    const auto ready = clinic.get("/readyz");
    EXPECT_EQ(ready.status, 200) << ready.body;
    EXPECT_TRUE(ready.body.contains("twilio_held")) << ready.body;
    const auto held = std::chrono::steady_clock::now();

    ASSERT_TRUE(becomes_true([&] { return clinic.daemon().output().contains("provider_probed"); }, 30s));
    twilio.be(sickness::none);
    EXPECT_TRUE(becomes_true([&] { return twilio.taken().size() == 60; }, 30s)) << clinic.daemon().output();
    EXPECT_TRUE(becomes_true(
        [&] { return shows(clinic, R"(punctual_provider_state{provider="twilio",state="open"} 1)"); }, 10s));
    EXPECT_TRUE(shows(clinic, R"(punctual_provider_holds_total{provider="twilio"} 1)"));
    EXPECT_TRUE(clinic.daemon().output().contains("provider_works_again"));
    for (const auto& [number, times] : twilio.taken()) {
        EXPECT_EQ(times, 1) << number;
    }

    // From a second after the hold until it worked again, nothing went beside a probe.
    const auto requests = twilio.requests();
    const auto first_taken = std::ranges::find_if(requests, [](const auto& one) { return one.taken; });
    ASSERT_NE(first_taken, requests.end());
    std::size_t probes = 0;
    for (auto one = requests.begin(); one <= first_taken; ++one) {
        if (one->at > held + 1s) {
            ++probes;
            EXPECT_EQ(one->at_once, 1U);
        }
    }
    EXPECT_GE(probes, 1U);
    EXPECT_LE(probes, 6U);
}

TEST(provider_breaker, is_not_opened_by_what_is_wrong_with_single_messages) {
    clinic clinic{both};
    clinic.environment["LOG_LEVEL"] = "info";
    clinic.start();
    for (int n = 1; n <= 20; ++n) {
        const auto number = std::to_string(1'000'000 + n).substr(1);
        ASSERT_EQ(clinic.order(R"({"target":"number","to":"+61412)" + number + R"(","code":21211})").status / 100, 2);
    }
    ASSERT_EQ(
        clinic.order(R"({"target":"smtp","action":"rcpt","code":550,"text":"5.1.1 unknown","next":20})").status / 100,
        2);
    book_many(clinic, 20, "10 minutes");
    const auto failed = [&] {
        return clinic.sql("select count(*) from punctual.delivery where state = 'failed' and attempts = 1");
    };
    EXPECT_TRUE(becomes_true([&] { return failed() == "40"; }, 30s)) << failed() << clinic.daemon().output();
    EXPECT_TRUE(shows(clinic, R"(punctual_provider_state{provider="twilio",state="open"} 1)"));
    EXPECT_TRUE(shows(clinic, R"(punctual_provider_state{provider="smtp",state="open"} 1)"));
    EXPECT_FALSE(clinic.daemon().output().contains("provider_held"));
    // The next ones go as if nothing had been.
    book_many(clinic, 5, "10 minutes", 101);
    EXPECT_TRUE(clinic.arrives("confirmation", 10, 30s)) << clinic.daemon().output();
}

TEST(provider_breaker, asks_a_mail_server_that_refuses_the_password_no_oftener_than_it_has_connections) {
    clinic clinic{
        "[messages.confirmation]\npatient = [\"email\"]\npsychologist = []\n[messages.staff_alert]\nclinic = []\n"};
    const certificate_authority authority;
    const auto tls = make_server_context(authority.issue(certificate_kind::good));
    threaded_loop loop;
    std::atomic<bool> refuses = true;
    std::atomic<std::size_t> logins = 0;
    std::atomic<std::size_t> refused_mails = 0;
    std::atomic<std::size_t> mails = 0;
    smtp_peer smtp{loop.context,
                   {.offers = "250-PIPELINING\r\n",
                    .tls = tls.get(),
                    .react = [&](std::string_view word, std::size_t, std::size_t) -> std::optional<smtp_reaction> {
                        logins += word == "AUTH" ? 1U : 0U;
                        mails += word == "message" ? 1U : 0U;
                        refused_mails += word == "MAIL" && refuses ? 1U : 0U;
                        if (word == "AUTH" && refuses) {
                            return smtp_reaction{smtp_reaction::kind::say, "535 5.7.8 no\r\n"};
                        }
                        return std::nullopt;
                    }}};
    const threaded_loop::turning turning{loop};
    clinic.environment["EMAIL_PORT"] = std::to_string(smtp.port());
    clinic.environment["EMAIL_CA_FILE"] = authority.file();
    clinic.start();
    book_many(clinic, 200, "2 days");
    ASSERT_TRUE(becomes_true(
        [&] {
            return clinic.sql(
                       "select count(*) from punctual.delivery where channel = 'email' and state = 'retrying'") ==
                   "200";
        },
        30s))
        << clinic.daemon().output();
    EXPECT_LE(logins, 10U);
    EXPECT_EQ(refused_mails, 0U);
    EXPECT_TRUE(shows(clinic, R"(punctual_provider_state{provider="smtp",state="held"} 1)"));
    const auto log = clinic.daemon().output();
    const auto first = log.find("provider_refuses_us");
    EXPECT_NE(first, std::string::npos);
    EXPECT_EQ(log.find("provider_refuses_us", first + 1), std::string::npos) << "once, not once a mail";
    // Those that were refused come half a minute later, and so does the probe; a new start begins with the others.
    refuses = false;
    EXPECT_EQ(clinic.stop(), 0);
    clinic.start();
    EXPECT_TRUE(becomes_true([&] { return mails >= 190; }, 40s)) << clinic.daemon().output();
}

}  // namespace
