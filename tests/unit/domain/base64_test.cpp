#include "domain/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::domain {
namespace {

TEST(base64, gives_the_values_of_the_rfc) {
    // RFC 4648 §10.
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(to_base64("\xfb\xff\xfe"), "+//+");
    EXPECT_EQ(to_base64url("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(to_base64url("f"), "Zg");
}

TEST(base64url, reads_back_what_was_written) {
    std::string bytes;
    for (int c = 0; c < 256; ++c) {
        bytes += static_cast<char>(c);
        EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    }
}

TEST(base64url, refuses_every_second_spelling) {
    EXPECT_EQ(from_base64url("Zg=="), std::nullopt);
    EXPECT_EQ(from_base64url("Zh"), std::nullopt);  // stray bits
    EXPECT_EQ(from_base64url("Zm9vY"), std::nullopt);
    EXPECT_EQ(from_base64url("Zm 9"), std::nullopt);
    EXPECT_EQ(from_base64url("+//+"), std::nullopt);
}

}  // namespace
}  // namespace punctual::domain
