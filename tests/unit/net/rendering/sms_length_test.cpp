// An SMS is two segments of the short alphabet at most, with its link whole, whatever clinic, zone and language.

#include "net/rendering/clinic_composer.hpp"
#include "net/rendering/gsm7.hpp"
#include "support/message_matrix.hpp"
#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;

struct texted {
    std::string name;
    std::string link;
    twilio::text_message text;
};

// Every text there is, in this zone, told half a year before: the year stands in it, where it is longest.
std::vector<texted> all_texts(const composer_settings& settings, const std::string& zone) {
    test::kept_log log;
    const auto composer = make_composer(settings, log).value();
    std::vector<texted> all;
    for (auto& one : test::message_matrix()) {
        if (one.what.kind == domain::kind::staff_alert) {
            continue;
        }
        one.what.channel = domain::channel::sms;
        one.what.recipient.time_zone = zone;
        if (!one.what.room_name.empty()) {
            one.what.room_name = "apt-1234567-1796000000-abc123de";
        }
        for (const auto now : {test::sample_now, test::sample_now - 24h * 180}) {
            auto text = composer->compose_text(one.what, now);
            EXPECT_TRUE(text.has_value()) << one.name;
            if (text) {
                const bool linked = !one.what.room_name.empty() && one.what.kind != domain::kind::cancellation;
                all.push_back({one.name,
                               linked ? settings.frontend_url + "/video-session/" + one.what.room_name : std::string{},
                               *std::move(text)});
            }
        }
    }
    return all;
}

class sms_in_zone : public testing::TestWithParam<const char*> {};

TEST_P(sms_in_zone, is_two_plain_segments_with_the_whole_link_and_a_long_name) {
    auto settings = test::sample_settings();
    settings.clinic_name = "Northern Beaches Psychology, Counselling and Telehealth Centre";
    settings.frontend_url = "https://telehealth.northernbeachespsychology.com.au";
    const auto texts = all_texts(settings, GetParam());
    EXPECT_EQ(texts.size(), 128U);
    for (const auto& [name, link, text] : texts) {
        EXPECT_TRUE(is_gsm7(text.body)) << name << ": " << text.body;
        EXPECT_LE(sms_segments(text.body), 2U) << name << ": " << text.body;
        EXPECT_TRUE(text.body.contains(link)) << name << ": " << text.body;
        EXPECT_TRUE(text.body.starts_with(settings.clinic_name + ": ")) << name << ": " << text.body;
    }
}

INSTANTIATE_TEST_SUITE_P(australia, sms_in_zone,
                         testing::Values("Australia/Sydney", "Australia/Brisbane", "Australia/Perth",
                                         "Australia/Adelaide", "Australia/Lord_Howe", "Australia/Eucla"));

TEST(sms_length, cuts_a_name_outside_the_alphabet_so_that_the_link_stays_whole) {
    auto settings = test::sample_settings();
    settings.clinic_name = "\u6089\u5c3c\u5fc3\u7406\u54a8\u8be2\u4e0e\u8fdc\u7a0b\u533b\u7597\u4e2d\u5fc3";
    settings.frontend_url = "https://app.clinic.au";
    for (const auto& [name, link, text] : all_texts(settings, "Australia/Lord_Howe")) {
        EXPECT_TRUE(text.body.contains(link)) << name << ": " << text.body;
        EXPECT_TRUE(text.body.starts_with("\u6089\u5c3c")) << name << ": " << text.body;
    }
}

TEST(sms_length, speaks_vietnamese_without_the_letters_that_would_double_its_price) {
    const auto texts = all_texts(test::sample_settings(), "Australia/Sydney");
    std::size_t vietnamese = 0;
    for (const auto& [name, link, text] : texts) {
        if (name.starts_with("vi-")) {
            ++vietnamese;
            EXPECT_TRUE(text.body.contains("cuoc hen cua quy vi")) << text.body;
        }
    }
    EXPECT_EQ(vietnamese, 64U);
}

}  // namespace
}  // namespace punctual::net::rendering
