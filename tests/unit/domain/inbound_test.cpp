#include "domain/inbound.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::domain {
namespace {

TEST(inbound, knows_every_word_that_stops_and_starts) {
    for (const auto* const word :
         {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL", "stop", "Cancel"}) {
        EXPECT_EQ(understand_text(word), inbound_intent::stop) << word;
    }
    for (const auto* const word : {"START", "UNSTOP", "YES", "yes"}) {
        EXPECT_EQ(understand_text(word), inbound_intent::start) << word;
    }
    for (const auto* const word : {"C", "c", "confirm"}) {
        EXPECT_EQ(understand_text(word), inbound_intent::confirm) << word;
    }
}

TEST(inbound, looks_past_blanks_and_a_full_stop) {
    EXPECT_EQ(understand_text("  Stop.\r\n"), inbound_intent::stop);
    EXPECT_EQ(understand_text("\tC!"), inbound_intent::confirm);
}

TEST(inbound, leaves_every_sentence_to_people) {
    for (const auto* const text : {"", "   ", ".", "please stop", "STOP it", "yes please", "CC", "c u there",
                                   "I have to cancel", "\xF0\x9F\x91\x8D", "no"}) {
        EXPECT_EQ(understand_text(text), inbound_intent::other) << text;
    }
    EXPECT_EQ(understand_text(std::string("STOP\0", 5)), inbound_intent::other);
}

}  // namespace
}  // namespace punctual::domain
