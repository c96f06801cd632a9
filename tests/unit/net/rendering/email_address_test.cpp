#include "net/rendering/email_address.hpp"

#include <gtest/gtest.h>

namespace punctual::net::rendering {
namespace {

TEST(email_address, takes_what_is_in_use) {
    for (const auto* const address :
         {"jane@example.com", "jane.o'neill+clinic@mail.example.co.uk", "j@localhost", "1_2-3@a-b.example"}) {
        EXPECT_EQ(mailable(address), address);
    }
    EXPECT_EQ(mailable(" jane@example.com\t"), "jane@example.com");
}

TEST(email_address, refuses_what_cannot_be_mailed) {
    for (const auto* const address : {"",
                                      "jane",
                                      "jane@",
                                      "@example.com",
                                      "jane@example",
                                      "jane@@example.com",
                                      "jane example@example.com",
                                      "jane@exa mple.com",
                                      "jane@example..com",
                                      ".jane@example.com",
                                      "jane.@example.com",
                                      "ja..ne@example.com",
                                      "jane@-example.com",
                                      "jane@[10.0.0.1]",
                                      "jane@10.0.0.1",
                                      "a@example.com,b@example.com",
                                      "Jane <jane@example.com>",
                                      "<jane@example.com>",
                                      "\"jane\"@example.com",
                                      "jane@example.com>",
                                      "jane\r\nRCPT TO:<x@example.com>@example.com",
                                      "jane@example.com\r\nBcc: x@example.com",
                                      "ja\xFFne@example.com"}) {
        EXPECT_FALSE(mailable(address).has_value()) << address;
    }
    EXPECT_FALSE(mailable(std::string_view{"ja\0ne@example.com", 17}).has_value());
    EXPECT_FALSE(mailable(std::string(65, 'x') + "@example.com").has_value());
    EXPECT_FALSE(mailable("x@" + std::string(250, 'x') + ".com").has_value());
}

TEST(email_address, writes_an_international_domain_in_ascii) {
    EXPECT_EQ(mailable("jane@b\u00fccher.example"), "jane@xn--bcher-kva.example");
}

TEST(email_address, leaves_a_utf8_local_part_to_the_server) {
    EXPECT_EQ(mailable("jos\u00e9@example.com"), "jos\u00e9@example.com");
}

TEST(email_address, reads_a_sender_with_a_name) {
    EXPECT_EQ(parse_mailbox("Harbour Clinic <hi@clinic.example>"),
              (domain::mailbox{"Harbour Clinic", "hi@clinic.example"}));
    EXPECT_EQ(parse_mailbox("\"Harbour, Clinic\" <hi@clinic.example>"),
              (domain::mailbox{"Harbour, Clinic", "hi@clinic.example"}));
    EXPECT_EQ(parse_mailbox("hi@clinic.example"), (domain::mailbox{"", "hi@clinic.example"}));
    EXPECT_FALSE(parse_mailbox("Harbour Clinic").has_value());
    EXPECT_FALSE(parse_mailbox("hi@clinic.example>").has_value());
}

}  // namespace
}  // namespace punctual::net::rendering
