// What a provider can do to a message, met by the whole daemon, with the far end counting: nothing lost, no text twice,
// a mail twice only when its outcome was in doubt and its row says so. The table is in docs/reliability.md.

#include "support/clinic.hpp"
#include "support/far_end_tally.hpp"
#include "support/smtp_peer.hpp"
#include "support/twilio_peer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <set>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

constexpr const char* texts_only =
    "[messages.confirmation]\npatient = [\"whatsapp\"]\npsychologist = []\n[messages.staff_alert]\nclinic = []\n"
    "[timing]\nnotice_fallback_far = \"20m\"\n";
constexpr const char* mails_only =
    "[messages.confirmation]\npatient = [\"email\"]\npsychologist = []\n[messages.staff_alert]\nclinic = []\n"
    "[limits]\nsmtp_command_timeout = \"1s\"\nsmtp_dot_timeout = \"2s\"\n";

// As many people, each with an address and a number of their own, and a visit each.
void book_many(const clinic& with, std::size_t count, std::size_t first = 1) {
    const auto psychologist =
        with.sql("insert into punctual.person (full_name, role) values ('Dr Sam', 'psychologist') returning id");
    with.sql(
        "with patient as (insert into punctual.person (full_name, email, phone, role, texts_enabled) select 'Robin', "
        "'robin' || n || '@patient.example', '+61412' || lpad(n::text, 6, '0'), 'patient', true from "
        "generate_series(" +
        std::to_string(first) + ", " + std::to_string(first + count - 1) +
        ") n returning id) insert into punctual.appointment (patient_id, psychologist_id, starts_at) select p.id, " +
        psychologist + ", now() + interval '10 days' from patient p");
}

void order(const clinic& with, const std::string& json) {
    const auto answer = with.order(json);
    ASSERT_EQ(answer.status / 100, 2) << json << answer.body;
}

// --- Twilio --------------------------------------------------------------------------------------------

TEST(provider_faults, an_answer_that_is_lost_wrong_or_unreadable_costs_no_text_and_doubles_none) {
    clinic clinic{texts_only};
    const auto fault = [](const std::string& rest) {
        return R"({"target":"request","on":"messages","method":"POST",)" + rest + "}";
    };
    // Four at a time: five in a row would be the breaker's matter.
    const std::vector<std::vector<std::string>> before_effect{
        {R"("action":"answer_before","status":500)", R"("action":"answer_before","status":503)",
         R"("action":"html","status":502)", R"("action":"drop_before")"},
        {R"("action":"answer_before","status":408)", R"("action":"answer_before","status":429,"retry_after":1)",
         R"("action":"answer_before","status":503,"retry_after":1)"}};
    const std::vector<std::vector<std::string>> after_effect{
        {R"("action":"answer_after","status":500)", R"("action":"answer_after","status":504)",
         R"("action":"drop_after")", R"("action":"cut")"},
        {R"("action":"answer_as","status":201,"body":"{\"status\":\"queued\"}")",
         R"("action":"answer_as","status":201,"body":"{\"sid\":42,\"status\":\"queued\"}")",
         R"("action":"answer_as","status":201,"body":"[","repeat":100000)",
         R"("action":"answer_as","status":201,"body":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","repeat":100000)"}};
    // No callback tells whose a message is: Twilio has to be asked.
    order(clinic, R"({"target":"message","status":"queued","next":0})");
    clinic.start();
    std::size_t count = 0;
    std::size_t made_unseen = 0;
    const auto meet = [&](const std::vector<std::string>& faults) {
        for (const auto& each : faults) {
            order(clinic, fault(each));
        }
        book_many(clinic, faults.size(), count + 1);
        count += faults.size();
        EXPECT_TRUE(becomes_true(
            [&] {
                return clinic.sql("select count(*) from punctual.delivery where state = 'accepted'") ==
                       std::to_string(count);
            },
            40s))
            << clinic.sql("select state, reason, attempts, error_code, error_text from punctual.delivery")
            << clinic.daemon().output();
    };
    for (const auto& faults : before_effect) {
        meet(faults);
    }
    EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where reason = 'reconciled'"), "0");
    for (const auto& faults : after_effect) {
        meet(faults);
        made_unseen += faults.size();
    }
    EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where reason = 'reconciled'"),
              std::to_string(made_unseen));
    std::map<std::string, int> copies;
    for (const auto& one : clinic.arrivals()) {
        ++copies[one.to];
    }
    EXPECT_EQ(copies.size(), count);
    for (const auto& [number, times] : copies) {
        EXPECT_EQ(times, 1) << number;
    }
    EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where channel = 'sms'"), "0");

    // Behind a redirect is somebody else's host: it gets nothing, and the channel waits for somebody to look.
    twilio_peer elsewhere;
    order(clinic, fault(R"("action":"redirect","next":0,"location":")" + elsewhere.url() + R"(/")"));
    clinic.book(clinic.add_patient(), clinic.add_psychologist(), 240h);
    EXPECT_TRUE(becomes_true([&] { return clinic.daemon().output().contains("provider_refuses_us"); }, 30s));
    EXPECT_TRUE(becomes_true(
        [&] { return clinic.sql("select count(*) from punctual.delivery where state = 'retrying'") == "1"; }, 10s));
    EXPECT_EQ(elsewhere.connections(), 0U);
}

// --- SMTP ----------------------------------------------------------------------------------------------

// The delivery's id, out of its Message-ID.
std::string delivery_of(const std::string& mail) {
    constexpr std::string_view name = "Message-ID: <";
    const auto at = mail.find(name) + name.size();
    return mail.substr(at, mail.find('@', at) - at);
}

TEST(provider_faults, a_mail_server_that_goes_away_at_every_command_loses_no_mail_and_doubles_none_unmarked) {
    clinic clinic{mails_only};
    const certificate_authority authority;
    const auto tls = make_server_context(authority.issue(certificate_kind::good));
    using reaction = smtp_reaction::kind;
    // Each once, met by whoever comes to that word after a mail has got through: in a row they would be another test's
    // matter, the breaker's.
    std::deque<std::pair<std::string, reaction>> faults;
    for (const auto* word : {"greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "message"}) {
        faults.emplace_back(word, reaction::close);
    }
    faults.emplace_back("TLS", reaction::hang);
    faults.emplace_back("message", reaction::hang);
    faults.emplace_back("message", reaction::reset);
    faults.emplace_back("RCPT", reaction::drip);
    const auto all = faults.size();
    std::atomic<std::size_t> met = 0;
    bool got_through = true;
    std::size_t taken = 0;
    threaded_loop loop;
    smtp_peer smtp{loop.context,
                   {.offers = "250-PIPELINING\r\n",
                    .tls = tls.get(),
                    .react = [&](std::string_view word, std::size_t, std::size_t) -> std::optional<smtp_reaction> {
                        const auto at = std::ranges::find(faults, word, &std::pair<std::string, reaction>::first);
                        if (at == faults.end() || !got_through) {
                            got_through = got_through || word == "message";
                            // A 250 and the end: the mail is sent, and the next one needs a connection.
                            return word == "message" && ++taken % 3 == 0
                                       ? std::optional{smtp_reaction{reaction::say_and_close, "250 2.0.0 ok\r\n"}}
                                       : std::nullopt;
                        }
                        got_through = false;
                        const auto what = at->second;
                        faults.erase(at);
                        ++met;
                        return smtp_reaction{what};
                    }}};
    std::size_t mails = 0;
    {
        const threaded_loop::turning turning{loop};
        clinic.environment["EMAIL_PORT"] = std::to_string(smtp.port());
        clinic.environment["EMAIL_CA_FILE"] = authority.file();
        clinic.start();
        for (int round = 0; round < 8 && met < all; ++round) {
            constexpr std::size_t some = 30;
            book_many(clinic, some);
            mails += some;
            ASSERT_TRUE(becomes_true(
                [&] {
                    return clinic.sql("select count(*) from punctual.delivery where state = 'accepted'") ==
                           std::to_string(mails);
                },
                60s))
                << clinic.sql(
                       "select state, reason, attempts, error_text from punctual.delivery where state <> 'accepted'")
                << clinic.daemon().output();
        }
        EXPECT_EQ(met, all);
        EXPECT_EQ(clinic.stop(), 0);
    }
    std::map<std::string, int> copies;
    for (const auto& mail : smtp.mails()) {
        ++copies[delivery_of(mail)];
    }
    EXPECT_EQ(copies.size(), mails);
    std::size_t twice = 0;
    for (const auto& [id, times] : copies) {
        EXPECT_LE(times, 2) << id;
        if (times > 1) {
            ++twice;
            EXPECT_EQ(clinic.sql("select reason from punctual.delivery where id = '" + id + "'"), "outcome_unknown");
        }
    }
    EXPECT_LE(twice, 3U) << "one for each end after the dot";
}

TEST(provider_faults, a_mail_that_is_put_off_goes_once_a_minute_later_and_one_that_is_refused_is_tried_once) {
    clinic clinic{mails_only};
    for (const auto* put_off : {"greeting", "mail", "rcpt", "data", "dot"}) {
        order(clinic, R"({"target":"smtp","code":421,"action":")" + std::string{put_off} + R"("})");
    }
    for (const auto* put_off : {"mail", "rcpt", "data", "dot"}) {
        order(clinic, R"({"target":"smtp","code":450,"action":")" + std::string{put_off} + R"("})");
        order(clinic, R"({"target":"smtp","code":451,"action":")" + std::string{put_off} + R"("})");
    }
    for (const auto* refused : {"rcpt", "data", "dot"}) {
        order(clinic, R"({"target":"smtp","code":554,"action":")" + std::string{refused} + R"("})");
    }
    constexpr std::size_t put_off = 13;
    constexpr std::size_t refused = 3;
    constexpr std::size_t mails = 40;
    clinic.start();
    book_many(clinic, mails);
    const auto number = [&](const std::string& where) {
        return std::stoul(clinic.sql("select count(*) from punctual.delivery where " + where));
    };
    const std::string waits = "state = 'retrying' and attempts = 1 and error_code in ('421', '450', '451')";
    EXPECT_TRUE(becomes_true(
        [&] { return number(waits) >= put_off - 1 && number("state = 'accepted'") >= mails - put_off - refused; }, 40s))
        << clinic.sql("select state, attempts, error_code, error_text from punctual.delivery")
        << clinic.daemon().output();
    EXPECT_EQ(number("state = 'failed' and attempts = 1"), refused);
    EXPECT_EQ(number(waits + " and next_attempt_at < updated_at + interval '55 seconds'"), 0U);
    EXPECT_EQ(number(waits + " and next_attempt_at > updated_at + interval '75 seconds'"), 0U);
    // The minute passes while nobody is there.
    EXPECT_EQ(clinic.stop(), 0);
    clinic.sql("update punctual.delivery set next_attempt_at = now() where state = 'retrying'");
    clinic.start();
    EXPECT_TRUE(becomes_true([&] { return number("state = 'accepted'") == mails - refused; }, 40s))
        << clinic.sql("select state, attempts, error_code, error_text from punctual.delivery");
    std::map<std::string, int> copies;
    for (const auto& one : clinic.arrivals()) {
        ++copies[one.delivery];
    }
    EXPECT_EQ(copies.size(), mails - refused);
    EXPECT_TRUE(std::ranges::all_of(copies, [](const auto& one) { return one.second == 1; }));
}

}  // namespace
