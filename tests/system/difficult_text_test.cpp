// What people write into names and places goes through the whole daemon: the database, the composer, SMTP and
// Twilio's API; what comes out at the far end is read by programs that are not ours.

#include "domain/plain_text.hpp"
#include "domain/utf8.hpp"
#include "support/clinic.hpp"
#include "support/difficult_texts.hpp"
#include "support/mail_folder.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <sstream>

namespace {

using namespace punctual;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// As SQL, whatever is in it.
std::string literal(std::string_view text) {
    std::string hex;
    for (const char c : text) {
        hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    }
    return "convert_from('\\x" + hex + "'::bytea, 'UTF8')";
}

// A text column can hold neither.
bool storable(const std::string& text) {
    return !text.contains('\0') && domain::utf8::repair(text) == text;
}

class difficult_clinic : public testing::Test {
protected:
    static constexpr const char* clinic_name = "\"O'Neill\" <b>{{clinic}}</b> & \u4e2d\u6587 \U0001F600, x@y.z";

    difficult_clinic() : clinic_{""} {
        clinic_.environment = {{"CLINIC_NAME", clinic_name},
                               {"CLINIC_EMAIL", "hello@clinic.example"},
                               {"DEFAULT_FROM_EMAIL", "no-reply@clinic.example"},
                               {"FRONTEND_URL", "https://app.clinic.example"}};
    }

    void book_all() {
        std::string script = "begin;";
        std::size_t number = 0;
        for (const auto& text : test::difficult_texts()) {
            if (storable(text)) {
                ++number;
                script += fmt::format(
                    "with p as (insert into punctual.person (full_name, email, phone, role, texts_enabled) values "
                    "({0}, 'p{1}@patient.example', '0491 570 156', 'patient', true) returning id) "
                    "insert into punctual.appointment (patient_id, psychologist_id, starts_at, duration_minutes, "
                    "session_type, location) select p.id, 2, date_trunc('hour', now()) + interval '75 hours', 50, "
                    "'in_person', {0} from p;",
                    literal(text), number);
                texts_.push_back(text);
            }
        }
        static_cast<void>(clinic_.add_patient());
        ASSERT_EQ(clinic_.add_psychologist(false), 2);
        clinic_.sql(script + "commit");
    }

    // By the delivery's id: who and what it was for.
    struct sent {
        std::int64_t appointment = 0;
        std::int32_t version = 0;
        std::string kind;
        std::size_t number = 0;  // in texts_, from 1
        std::int64_t starts = 0;
    };
    std::map<std::string, sent> deliveries() {
        std::map<std::string, sent> found;
        std::istringstream rows{clinic_.sql(
            "select d.id, d.appointment_id, d.version, d.kind, substring(p.email from 2 for position('@' in p.email) - "
            "2), extract(epoch from a.starts_at)::bigint from punctual.delivery d join punctual.person p on p.id = "
            "d.recipient_id join punctual.appointment a on a.id = d.appointment_id where recipient_role = 'patient'")};
        for (std::string line; std::getline(rows, line);) {
            std::istringstream fields{line};
            std::array<std::string, 6> cell;
            for (auto& one : cell) {
                std::getline(fields, one, '|');
            }
            found[cell[0]] = {.appointment = std::stoll(cell[1]),
                              .version = std::stoi(cell[2]),
                              .kind = cell[3],
                              .number = std::stoul(cell[4]),
                              .starts = std::stoll(cell[5])};
        }
        return found;
    }

    test::clinic clinic_;
    std::vector<std::string> texts_;
};

TEST_F(difficult_clinic, is_told_of_as_written_by_mail_and_text_and_nothing_else_happens) {
    clinic_.start();
    book_all();
    const auto count = texts_.size();
    ASSERT_GT(count, 25U);
    ASSERT_TRUE(clinic_.arrives("confirmation", 2 * count, 30s)) << clinic_.daemon().output();
    clinic_.sql(
        "update punctual.appointment set starts_at = starts_at + interval '1 hour' where session_type = "
        "'in_person'");
    ASSERT_TRUE(clinic_.arrives("reschedule", 3 * count, 30s)) << clinic_.daemon().output();

    const auto rows = deliveries();
    test::mail_folder mails;
    std::size_t texts = 0;
    const auto all = boost::json::parse(clinic_.sandbox_get("/sandbox/messages.json?limit=10000").body);
    for (const auto& message : all.at("messages").as_array()) {
        const std::string delivery{message.at("delivery").as_string()};
        const auto row = rows.find(delivery);
        if (row == rows.end() || row->second.kind != "reschedule") {
            continue;
        }
        const auto& one = row->second;
        const auto& text = texts_.at(one.number - 1);
        const auto shown = domain::clean_line(text);
        if (message.at("channel").as_string() != "email") {
            ++texts;
            const std::string body{message.at("body").as_string()};
            EXPECT_THAT(body, StartsWith("Hello " + shown + ", your appointment with "));
            EXPECT_THAT(body, HasSubstr("Where: " + shown));
            continue;
        }
        domain::claimed_delivery what;
        what.id = delivery;
        what.appointment = one.appointment;
        what.version = one.version;
        what.kind = domain::kind::reschedule;
        what.recipient.id = 3;
        what.recipient.full_name = what.what.location = text;
        what.recipient.email = fmt::format("p{}@patient.example", one.number);
        what.patient_name = text;
        what.what.session_type = domain::session_type::in_person;
        what.what.duration = 50min;
        what.what.starts_at = wall_time{std::chrono::seconds{one.starts}};
        what.before = what.what;
        what.before->starts_at -= 1h;
        for (const auto& [id, other] : rows) {
            if (other.appointment == one.appointment && other.kind == "confirmation") {
                what.thread = id;
            }
        }
        const auto raw = clinic_.sandbox_get(message.at("raw").as_string());
        ASSERT_EQ(raw.status, 200);
        mails.add({.name = fmt::format("{:03}", one.number),
                   .language = "en",
                   .kind = "reschedule_moved",
                   .clinic = clinic_name,
                   .shape = "in_person"},
                  what, wall_time{}, raw.body);
    }
    EXPECT_EQ(texts, count);
    const auto read = mails.read_with_python();
    EXPECT_TRUE(read.good) << read.said;
    EXPECT_EQ(read.said, fmt::format("{} mails read, 0 wrong\n", count));
    // Nobody else was written to.
    EXPECT_EQ(clinic_.arrivals().size(), 5 * count);
    EXPECT_EQ(clinic_.sql("select count(*) from punctual.delivery where state not in ('accepted', 'delivered', "
                          "'retrying', 'superseded')"),
              "0");
    EXPECT_EQ(clinic_.stop(), 0);
}

// No WhatsApp sender: what patients are told goes by SMS.
TEST_F(difficult_clinic, is_told_of_by_sms_in_plain_letters_to_one_number) {
    clinic_.environment["TWILIO_WHATSAPP_FROM"] = "";
    clinic_.start();
    book_all();
    const auto count = texts_.size();
    ASSERT_TRUE(clinic_.arrives("confirmation", 2 * count, 30s)) << clinic_.daemon().output();
    clinic_.sql(
        "update punctual.appointment set starts_at = starts_at + interval '1 hour' where session_type = "
        "'in_person'");
    ASSERT_TRUE(clinic_.arrives("reschedule", 3 * count, 30s)) << clinic_.daemon().output();
    std::size_t texts = 0;
    for (const auto& one : clinic_.arrivals()) {
        if (one.channel == "email") {
            continue;
        }
        ++texts;
        EXPECT_EQ(one.channel, "sms");
        EXPECT_EQ(one.to, "+61491570156");
        EXPECT_TRUE(std::ranges::none_of(one.body, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) << one.body;
        EXPECT_LE(one.body.size(), 1'600U);
        EXPECT_THAT(one.body, HasSubstr("moved"));
    }
    EXPECT_EQ(texts, count);
    EXPECT_EQ(clinic_.arrivals().size(), 5 * count) << "nobody else was written to";
    EXPECT_EQ(clinic_.sql("select count(*) from punctual.opt_out"), "0");
    EXPECT_EQ(clinic_.stop(), 0);
}

TEST_F(difficult_clinic, refuses_an_address_that_would_say_more_and_records_why) {
    clinic_.start();
    static_cast<void>(clinic_.add_patient());
    ASSERT_EQ(clinic_.add_psychologist(false), 2);
    const std::vector<std::string> addresses{"a@b.example\r\nBcc: all@example.com",
                                             "a@b.example, c@d.example",
                                             "\"a b\"@c.example",
                                             "a@b.example\nRCPT TO:<x@y.example>",
                                             "a@-b.example",
                                             "a b@c.example",
                                             "a@b@c.example>",
                                             "@b.example"};
    std::string script = "begin;";
    for (const auto& address : addresses) {
        script +=
            "with p as (insert into punctual.person (full_name, email, phone, role, texts_enabled) values ('Jo', " +
            literal(address) + ", " + literal("0491 570 156\r\nTo: +61491570157") +
            ", 'patient', true) returning id) insert into punctual.appointment (patient_id, psychologist_id, "
            "starts_at) select p.id, 2, now() + interval '5 minutes' from p;";
    }
    clinic_.sql(script + "commit");
    ASSERT_TRUE(clinic_.arrives("confirmation", addresses.size(), 30s)) << clinic_.daemon().output();  // Dr Sam's
    const auto skipped = [&](std::string_view channel) {
        return clinic_.sql(
            fmt::format("select count(*) from punctual.delivery where kind = 'confirmation' and recipient_role = "
                        "'patient' and channel = '{}' and state = 'skipped' and reason = 'no_address'",
                        channel));
    };
    const auto all = std::to_string(addresses.size());
    EXPECT_TRUE(test::becomes_true([&] { return skipped("email") == all && skipped("whatsapp") == all; }, 30s))
        << clinic_.sql(
               "select channel, state, reason, error_text from punctual.delivery where recipient_role = "
               "'patient'");
    EXPECT_EQ(clinic_.arrivals().size(), addresses.size());
    EXPECT_EQ(clinic_.stop(), 0);
}

}  // namespace
