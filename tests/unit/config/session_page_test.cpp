#include "unit/config/config_folder.hpp"

#include "wiring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace punctual;
using config_session_page = test::config_folder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(config_session_page, takes_the_table_of_the_page) {
    const auto loaded = load_text(
        "FRONTEND_URL = \"https://clinic.example\"\n[session_page]\nfolder = \"/srv/page\"\ntoken_key = \"jwt\"\n"
        "connect_hosts = [\"wss://*.vss.twilio.com\", \"https://media.example:8443\"]\n"
        "signalling_url = \"ws://127.0.0.1:4000/signaling\"\n");
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    const auto page = wiring::session_page(loaded.settings);
    EXPECT_EQ(page.folder, "/srv/page");
    EXPECT_EQ(page.token_key, "jwt");
    EXPECT_EQ(page.sign_in_url, "https://clinic.example/login");
    EXPECT_EQ(page.signalling_url, "ws://127.0.0.1:4000/signaling");
    EXPECT_THAT(page.connect_hosts, ElementsAre("wss://*.vss.twilio.com", "https://media.example:8443"));
}

TEST_F(config_session_page, refuses_hosts_that_would_write_another_policy) {
    for (const auto* host : {"*", "wss://*", "https://a.example; script-src *", "https://a.example 'unsafe-eval'",
                             "http://a.example", "ws://a.example", "a.example", "https://a.example/path", "https://",
                             "https://a.example:port", "https://a*.example"}) {
        const auto loaded = load_text("[session_page]\nconnect_hosts = [\"" + std::string{host} + "\"]\n");
        ASSERT_THAT(loaded.mistakes, SizeIs(1)) << host;
        EXPECT_THAT(loaded.mistakes[0], HasSubstr("line 2: session_page.connect_hosts: found"));
    }
}

TEST_F(config_session_page, refuses_signalling_away_from_this_machine) {
    for (const auto* url : {"wss://evil.example/signaling", "ws://evil.example/", "http://127.0.0.1/", "ws://",
                            "ws://127.0.0.1.evil.example/", "ws://user@127.0.0.1/", "ws://[::2]/", "ws://[::1"}) {
        const auto loaded = load_text("[session_page]\nsignalling_url = \"" + std::string{url} + "\"\n");
        ASSERT_THAT(loaded.mistakes, SizeIs(1)) << url;
        EXPECT_THAT(loaded.mistakes[0], HasSubstr("session_page.signalling_url"));
    }
}

TEST_F(config_session_page, names_an_unknown_key_and_a_wrong_address) {
    const auto loaded = load_text("[session_page]\ndirectory = \"x\"\nsign_in_url = \"login\"\ntoken_key = \"\"\n");
    ASSERT_THAT(loaded.mistakes, SizeIs(3));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("session_page.directory: unknown key"));
    EXPECT_THAT(loaded.mistakes[1], HasSubstr("session_page.sign_in_url: found \"login\""));
    EXPECT_THAT(loaded.mistakes[2], HasSubstr("session_page.token_key: found nothing"));
}

}  // namespace
