#include "net/rendering/template_set.hpp"

#include "net/rendering/clinic_composer.hpp"
#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace punctual::net::rendering {
namespace {

namespace fs = std::filesystem;

class clinic_folder : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = fs::temp_directory_path() / "templates-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    void put(const std::string& name, const std::string& text) {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream{folder_ / name} << text;
    }
    std::string complaint() {
        const auto made = template_set::load(folder_, {"reminder_24h"});
        return made ? "" : made.error().message();
    }
    std::string subject(const char* kind) {
        const auto made = template_set::load(folder_, {"reminder_24h"});
        if (!made) {
            return made.error().message();
        }
        message_words words;
        words.set(word::clinic, "Harbour & Co");
        constexpr std::array parts{part::subject};
        return made->render("en", kind, parts, words).front().value_or("(none)");
    }

    fs::path folder_;
};

TEST_F(clinic_folder, wins_file_by_file) {
    put("en/cancellation.subject.mustache", "No visit at {{clinic}}");
    EXPECT_EQ(subject("cancellation"), "No visit at Harbour & Co");
    EXPECT_EQ(subject("confirmation"), "Appointment with Harbour & Co");
}

TEST_F(clinic_folder, may_have_words_for_one_reminder) {
    put("en/reminder_24h.subject.mustache", "Tomorrow");
    EXPECT_EQ(subject("reminder_24h"), "Tomorrow");
    EXPECT_EQ(subject("reminder_1h"), "Appointment with Harbour & Co");
}

TEST_F(clinic_folder, is_refused_with_every_mistake_at_once) {
    put("en/cancellation.subject.mustache", "{{{clinic}}}");
    put("en/confirmation.subject.mustache", "a\n{{clinc}}");
    put("en/confirmaton.subject.mustache", "x");
    put("en/reminder.sms.mustache", "{{#today}}x");
    const auto said = complaint();
    EXPECT_TRUE(said.contains("en/cancellation.subject.mustache: line 1: raw tags")) << said;
    EXPECT_TRUE(said.contains("en/confirmation.subject.mustache: line 2: unknown variable clinc")) << said;
    EXPECT_TRUE(said.contains("en/confirmaton.subject.mustache: no message uses it")) << said;
    EXPECT_TRUE(said.contains("en/reminder.sms.mustache: line 1: section today is not closed")) << said;
}

TEST_F(clinic_folder, must_be_complete_in_a_new_language) {
    put("fr/confirmation.subject.mustache", "Rendez-vous");
    const auto said = complaint();
    EXPECT_TRUE(said.contains("fr/when.mustache: it is missing")) << said;
    EXPECT_TRUE(said.contains("fr/reminder.html.mustache: it is missing")) << said;
    EXPECT_FALSE(said.contains("staff_alert.sms")) << said;
}

TEST_F(clinic_folder, must_be_utf8) {
    put("en/cancellation.subject.mustache", "caf\xE9");
    EXPECT_TRUE(complaint().contains("it is not UTF-8"));
}

TEST_F(clinic_folder, must_be_there) {
    const auto made = template_set::load(folder_ / "nowhere", {});
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, template_errc::unreadable);
}

TEST_F(clinic_folder, is_complained_about_when_a_text_lacks_its_link) {
    auto settings = test::sample_settings();
    settings.template_folder = folder_;
    put("en/reminder.sms.mustache", "See you {{when_short}}");
    put("en/cancellation.html.mustache", "<img src=\"https://tracker.example/x\">");
    const auto said = check_templates(settings);
    const auto has = [&](std::string_view wanted) {
        return std::ranges::any_of(said, [&](const std::string& line) { return line.contains(wanted); });
    };
    EXPECT_TRUE(has("en reminder_24h for patient, telehealth, sms: does not have the link"));
    EXPECT_TRUE(has("en reminder_24h for patient, in_person, sms: does not have the address"));
    EXPECT_TRUE(has("en cancellation for patient, telehealth, html: loads something from elsewhere"));
}

TEST(template_set, finds_the_best_language) {
    const auto made = template_set::load({}, {});
    ASSERT_TRUE(made.has_value()) << made.error().message();
    EXPECT_EQ(made->language_for("en-AU"), "en");
    EXPECT_EQ(made->language_for("EN_us"), "en");
    EXPECT_EQ(made->language_for("xx"), std::nullopt);
    EXPECT_EQ(made->language_for(""), std::nullopt);
}

TEST(template_set, escapes_html_and_nothing_else) {
    const auto made = template_set::load({}, {});
    message_words words;
    words.set(word::clinic, "A&B <'\">");
    words.set(word::lang, "en");
    constexpr std::array parts{part::html, part::sms};
    const auto texts = made->render("en", "cancellation", parts, words);
    EXPECT_TRUE(texts[0]->contains("A&amp;B &lt;&#39;&quot;&gt;"));
    EXPECT_TRUE(texts[1]->contains("A&B <'\">"));
}

TEST(template_set, has_no_staff_alert_by_text) {
    const auto made = template_set::load({}, {});
    constexpr std::array parts{part::sms};
    EXPECT_EQ(made->render("en", "staff_alert", parts, {}).front(), std::nullopt);
}

}  // namespace
}  // namespace punctual::net::rendering
