#include "commands/callback_check.hpp"

#include <gtest/gtest.h>

namespace punctual::commands {
namespace {

std::string said(std::string backend, std::string twilio = "https://api.twilio.com") {
    config::settings settings;
    settings.http.backend_url = std::move(backend);
    settings.twilio.api_base_url = std::move(twilio);
    return callbacks_in_vain(settings);
}

TEST(callback_check, tells_of_an_address_that_twilio_cannot_reach) {
    for (const auto* const url : {"http://localhost:8000", "https://192.168.1.20", "http://10.0.0.1:8000/base",
                                  "http://[::1]:8000", "https://clinic.local/"}) {
        EXPECT_NE(said(url).find("Twilio cannot reach " + std::string{url}), std::string::npos) << url;
        EXPECT_NE(said(url, "https://api.sydney.au1.twilio.com"), "") << url;
    }
    EXPECT_NE(callbacks_in_vain({}), "") << "the defaults";
}

TEST(callback_check, says_nothing_of_a_public_address_nor_of_a_stand_in_for_twilio) {
    EXPECT_EQ(said("https://api.clinic.example"), "");
    EXPECT_EQ(said("https://203.0.113.7:8443/base"), "");
    EXPECT_EQ(said("http://localhost:8000", "http://127.0.0.1:8600"), "");
    EXPECT_EQ(said("http://localhost:8000", "https://twilio.com.example"), "");
}

}  // namespace
}  // namespace punctual::commands
