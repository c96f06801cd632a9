#include "net/smtp/envelope.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::net::smtp {
namespace {

TEST(smtp_envelope, takes_ordinary_addresses) {
    for (const auto* address : {"ann@example.com", "a.b+c@sub.example.com", "o'brien@example.com",
                                "j\xc3\xb6rg@example.com", "a@[127.0.0.1]"}) {
        EXPECT_TRUE(is_address(address)) << address;
    }
    EXPECT_TRUE(is_address(std::string(60, 'a') + "@" + std::string(193, 'b')));
}

class unfit_address : public testing::TestWithParam<std::string> {};

TEST_P(unfit_address, is_refused_before_anything_is_sent) {
    EXPECT_FALSE(is_address(GetParam()));
    const auto to = refuse_unsendable({"clinic@example.com", GetParam(), "x\r\n"});
    ASSERT_TRUE(to);
    EXPECT_EQ(to->verdict, mail_verdict::bad_address);
    EXPECT_EQ(to->text.find('@'), std::string::npos);
    const auto from = refuse_unsendable({GetParam(), "ann@example.com", "x\r\n"});
    ASSERT_TRUE(from);
    EXPECT_EQ(from->verdict, mail_verdict::configuration);
}

INSTANTIATE_TEST_SUITE_P(smtp_envelope, unfit_address,
                         testing::Values("", "ann", "@example.com", "ann@", "a b@example.com",
                                         "ann@example.com\r\nDATA", "ann@example.com\n", "ann\r@example.com",
                                         "ann@example.com>", "<ann@example.com", "ann@exam\tple.com",
                                         std::string{"ann@exa\0mple.com", 16}, "ann\x7f@example.com",
                                         "ann@example.com ", std::string(65, 'a') + "@example.com",
                                         std::string(60, 'a') + "@" + std::string(194, 'b'), "ann\xff@example.com",
                                         "ann\xc0\xaf@example.com", "ann\xed\xa0\x80@example.com",
                                         "ann\xe2\x82@example.com"));

TEST(smtp_envelope, refuses_a_message_with_nul) {
    const auto out = refuse_unsendable({"clinic@example.com", "ann@example.com", std::string{"a\0b\r\n", 5}});
    ASSERT_TRUE(out);
    EXPECT_EQ(out->verdict, mail_verdict::bad_message);
}

TEST(smtp_envelope, lets_a_proper_mail_pass) {
    EXPECT_FALSE(refuse_unsendable({"clinic@example.com", "ann@example.com", "x\r\n"}));
}

TEST(smtp_scrub, replaces_the_recipient_beside_letters_beyond_ascii) {
    mail about;
    about.to = "ann.lee@example.com";
    EXPECT_FALSE(scrub("unknown: \xe2\x80\x9c"
                       "ann.lee\xe2\x80\x9d",
                       &about)
                     .contains("ann.lee"));
    EXPECT_TRUE(scrub("joann.lee2 is another word", &about).contains("joann.lee2"));
}

TEST(smtp_scrub, replaces_addresses) {
    EXPECT_EQ(scrub("5.1.1 <ann@example.com>: Recipient address rejected: User unknown"),
              "5.1.1 <[address]>: Recipient address rejected: User unknown");
    EXPECT_EQ(scrub("ann@example.com, bob@example.com"), "[address], [address]");
    EXPECT_EQ(scrub("\"ann lee\"@example.com unknown"), "[address] unknown");
    EXPECT_EQ(scrub("no mailbox ann@example.com."), "no mailbox [address].");
    EXPECT_EQ(scrub("j\xc3\xb6rg@example.com"), "[address]");
    EXPECT_EQ(scrub("@@@ a@@b"), "[address] [address]");
}

TEST(smtp_scrub, replaces_the_recipients_local_part) {
    const mail about{"clinic@example.com", "Ann.Lee@example.com", ""};
    EXPECT_EQ(scrub("no such user ann.lee here; ann.leena stays", &about),
              "no such user [address] here; ann.leena stays");
}

TEST(smtp_scrub, gives_one_printable_line) {
    EXPECT_EQ(scrub("one\ntwo\r\n\tthree\x1b[31m \x01"), "one two three [31m");
    EXPECT_EQ(scrub("caf\xc3\xa9"), "caf??");
    EXPECT_EQ(scrub(""), "");
}

TEST(smtp_scrub, gives_500_bytes_at_most) {
    EXPECT_EQ(scrub(std::string(40000, 'x')).size(), 500U);
    std::string many;
    for (int i = 0; i < 1000; ++i) {
        many += "a@b ";
    }
    const auto out = scrub(many);
    EXPECT_LE(out.size(), 500U);
    EXPECT_EQ(out.find('@'), std::string::npos);
}

TEST(smtp_queue_id, is_found_in_the_words_of_known_servers) {
    EXPECT_EQ(queue_id_in("2.0.0 Ok: queued as 4Wz1Yk0Q3Xz9"), "4Wz1Yk0Q3Xz9");
    EXPECT_EQ(queue_id_in("OK id=1rXyZ-0001Ab-2C"), "1rXyZ-0001Ab-2C");
    EXPECT_EQ(queue_id_in("OK"), "");
    EXPECT_EQ(queue_id_in("queued as " + std::string(100, 'x')), "");
}

}  // namespace
}  // namespace punctual::net::smtp
