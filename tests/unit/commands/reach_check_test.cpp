#include "commands/reach_check.hpp"

#include <gtest/gtest.h>

namespace punctual::commands {
namespace {

std::string said(std::string backend, std::string twilio = "https://api.twilio.com") {
    config::settings settings;
    settings.http.backend_url = std::move(backend);
    settings.twilio.api_base_url = std::move(twilio);
    return callbacks_in_vain(settings);
}

TEST(reach_check, tells_of_an_address_that_twilio_cannot_reach) {
    for (const auto* const url : {"http://localhost:8000", "https://192.168.1.20", "http://10.0.0.1:8000/base",
                                  "http://[::1]:8000", "https://clinic.local/"}) {
        EXPECT_NE(said(url).find("Twilio cannot reach " + std::string{url}), std::string::npos) << url;
        EXPECT_NE(said(url, "https://api.sydney.au1.twilio.com"), "") << url;
    }
    EXPECT_NE(callbacks_in_vain({}), "") << "the defaults";
}

TEST(reach_check, says_nothing_of_a_public_address_nor_of_a_stand_in_for_twilio) {
    EXPECT_EQ(said("https://api.clinic.example"), "");
    EXPECT_EQ(said("https://203.0.113.7:8443/base"), "");
    EXPECT_EQ(said("http://localhost:8000", "http://127.0.0.1:8600"), "");
    EXPECT_EQ(said("http://localhost:8000", "https://twilio.com.example"), "");
}

config::settings mailing(std::string host, std::string frontend) {
    config::settings settings;
    settings.email.host = std::move(host);
    settings.http.frontend_url = std::move(frontend);
    return settings;
}

TEST(reach_check, tells_of_links_that_no_patient_can_follow) {
    EXPECT_NE(links_in_vain(mailing("mail.example", "http://localhost:3000")).find("FRONTEND_URL"), std::string::npos);
    EXPECT_EQ(links_in_vain(mailing("mail.example", "https://app.clinic.example")), "");
    EXPECT_EQ(links_in_vain(mailing("127.0.0.1", "http://localhost:3000")), "") << "nobody outside gets them";
    EXPECT_EQ(links_in_vain(mailing("", "http://localhost:3000")), "");
}

TEST(reach_check, tells_of_telehealth_messages_without_video_behind_them) {
    auto settings = mailing("mail.example", "https://app.clinic.example");
    EXPECT_NE(video_in_vain(settings).find("TWILIO_API_KEY"), std::string::npos);
    settings.twilio.account_sid = "AC1";
    settings.twilio.api_key = "SK1";
    settings.twilio.api_secret = "secret";
    EXPECT_EQ(video_in_vain(settings), "");
    EXPECT_EQ(video_in_vain({}), "") << "nothing is sent";
}

}  // namespace
}  // namespace punctual::commands
