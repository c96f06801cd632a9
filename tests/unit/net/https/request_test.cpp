#include "net/https/base_url.hpp"
#include "net/https/client.hpp"

#include <gtest/gtest.h>

namespace punctual::net::https {
namespace {

const endpoint api_host{"api.example.com", 443, transport::tls};

TEST(https_request, writes_a_post_with_its_length) {
    const request what{method::post, "/a?b=c", {{"Accept", "application/json"}}, "x=1"};
    EXPECT_EQ(
        serialise(what, api_host).value(),
        "POST /a?b=c HTTP/1.1\r\nHost: api.example.com\r\nAccept: application/json\r\nContent-Length: 3\r\n\r\nx=1");
}

TEST(https_request, names_a_port_that_is_not_the_schemes_own) {
    const request what{method::get, "/", {}, {}};
    EXPECT_EQ(serialise(what, {"::1", 8080, transport::plain}).value(), "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n");
}

TEST(https_request, refuses_a_line_break_in_a_header) {
    const request what{method::get, "/", {{"X", "a\r\nHost: evil"}}, {}};
    EXPECT_EQ(serialise(what, api_host).error().code, https_errc::bad_request);
}

TEST(https_request, refuses_a_space_in_the_target) {
    const request what{method::get, "/a HTTP/1.1", {}, {}};
    EXPECT_EQ(serialise(what, api_host).error().code, https_errc::bad_request);
}

TEST(https_errors, tell_whether_anything_was_written) {
    EXPECT_TRUE(nothing_written(https_errc::not_connected));
    EXPECT_TRUE(nothing_written(https_errc::lease_lost));
    EXPECT_FALSE(nothing_written(https_errc::timed_out));
    EXPECT_FALSE(nothing_written(https_errc::bad_answer));
}

TEST(base_url, takes_https_with_its_port) {
    EXPECT_EQ(parse_base_url("https://api.twilio.com").value(),
              (base_url{{"api.twilio.com", 443, transport::tls}, ""}));
    EXPECT_EQ(parse_base_url("https://host:8443/twilio/").value(),
              (base_url{{"host", 8443, transport::tls}, "/twilio"}));
}

TEST(base_url, takes_plain_http_for_loopback_only) {
    EXPECT_EQ(parse_base_url("http://127.0.0.1:4010").value(), (base_url{{"127.0.0.1", 4010, transport::plain}, ""}));
    EXPECT_EQ(parse_base_url("http://[::1]:4010").value(), (base_url{{"::1", 4010, transport::plain}, ""}));
    EXPECT_TRUE(parse_base_url("http://localhost"));
    EXPECT_EQ(parse_base_url("http://api.twilio.com").error().detail,
              "plain http is allowed for loopback only; use https");
    EXPECT_FALSE(parse_base_url("http://127.0.0.1.example.com"));
}

TEST(base_url, refuses_what_is_no_base) {
    for (const auto* text : {"", "api.twilio.com", "ftp://host", "https://", "https://u:p@host", "https://host?q=1",
                             "https://host#f", "https://host:0", "https://host:99999", "https://host:", "https://[::1",
                             "https://a b", "https://host/a b", "http://", "https://[host]"}) {
        EXPECT_FALSE(parse_base_url(text)) << text;
    }
}

}  // namespace
}  // namespace punctual::net::https
