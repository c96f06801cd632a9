// Every message, and every difficult text in every place of one, read by programs that are not ours.
// PUNCTUAL_MAILS=folder keeps the mails there for other readers (tests/scripts/mailparser_test) and for people
// who want to look at them (scripts/message-pages).

#include "support/message_matrix.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "support/difficult_texts.hpp"
#include "support/mail_folder.hpp"
#include "support/sample_delivery.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;
using domain::kind;
using test::mail_folder;
using test::sample_now;

std::filesystem::path kept(const char* name) {
    const char* const folder = std::getenv("PUNCTUAL_MAILS");  // NOLINT(concurrency-mt-unsafe)
    return folder == nullptr ? std::filesystem::path{} : std::filesystem::path{folder} / name;
}

// Making one reads every template: kept as long as the clinic stays the same.
class writer {
public:
    explicit writer(const composer_settings& settings) : composer_{make_composer(settings, log_).value()} {}
    std::string write(const domain::claimed_delivery& what) {
        const auto mail = composer_->compose_mail(what, sample_now);
        EXPECT_TRUE(mail.has_value());
        return mail ? mail->message : std::string{};
    }

private:
    test::kept_log log_;
    std::unique_ptr<composer> composer_;
};

TEST(message_matrix, is_read_by_python_as_it_was_meant) {
    mail_folder mails{kept("matrix")};
    const auto settings = test::sample_settings();
    writer all{settings};
    for (const auto& one : test::message_matrix()) {
        const auto first = one.name.find('-') + 1;
        mails.add({.name = one.name,
                   .language = one.language,
                   .kind = one.name.substr(first, one.name.find('-', first) - first),
                   .clinic = settings.clinic_name,
                   .shape = {}},
                  one.what, sample_now, all.write(one.what));
    }
    const auto read = mails.read_with_python();
    EXPECT_TRUE(read.good) << read.said;
    EXPECT_EQ(read.said, "68 mails read, 0 wrong\n");
}

domain::claimed_delivery moved(bool telehealth, std::size_t number) {
    auto what = test::sample_delivery(kind::reschedule, 72h);
    what.id = test::numbered_id(number);
    what.thread = test::numbered_id(0);
    what.before = what.what;
    what.before->starts_at -= 24h;
    if (!telehealth) {
        test::make_in_person(what, "Room 4, Kings Lane");
        what.before->session_type = domain::session_type::in_person;
        what.before->location = what.what.location;
    }
    return what;
}

TEST(difficult_texts, arrive_as_text_wherever_they_stand_in_a_mail) {
    mail_folder mails{kept("difficult")};
    std::size_t number = 0;
    writer usual{test::sample_settings()};
    for (const auto& text : test::difficult_texts()) {
        for (const auto* const place : {"names", "location", "clinic", "everywhere"}) {
            const std::string_view where = place;
            const bool everywhere = where == "everywhere";
            const bool in_clinic = where == "clinic" || everywhere;
            auto settings = test::sample_settings();
            auto what = moved(where == "names", ++number);
            if (where == "names" || everywhere) {
                what.recipient.full_name = what.patient_name = what.psychologist_name = text;
            }
            if (where == "location" || everywhere) {
                what.what.location = what.before->location = text;
            }
            if (in_clinic) {
                settings.clinic_name = settings.clinic_address = text;
            }
            mails.add({.name = fmt::format("{:03}-{}", number, place),
                       .language = "en",
                       .kind = "reschedule_moved",
                       .clinic = settings.clinic_name,
                       .shape = where == "names" ? "telehealth" : "in_person"},
                      what, sample_now, in_clinic ? writer{settings}.write(what) : usual.write(what));
        }
    }
    const auto read = mails.read_with_python();
    EXPECT_TRUE(read.good) << read.said;
    EXPECT_EQ(read.said, fmt::format("{} mails read, 0 wrong\n", number));
}

}  // namespace
}  // namespace punctual::net::rendering
