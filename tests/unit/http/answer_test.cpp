#include "http/json_writer.hpp"
#include "http/problem.hpp"
#include "http/response_writer.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <string>

namespace punctual::http {
namespace {

using namespace std::chrono_literals;

TEST(json_writer, escapes_what_must_be_escaped) {
    std::string text;
    json_writer{text}.begin_object().field("a\"b", std::string_view{"\\ \" \n\r\t \x01 \0 é", 14}).end_object();
    const auto value = boost::json::parse(text);
    EXPECT_EQ(value.at("a\"b").as_string(), (std::string_view{"\\ \" \n\r\t \x01 \0 é", 14}));
}

TEST(json_writer, puts_commas_between_fields_and_elements) {
    std::string text;
    json_writer json{text};
    json.begin_object().field("n", std::int64_t{9007199254740993}).begin_array("list");
    json.begin_object().field("x", true).end_object().begin_object().null_field("y").end_object();
    json.end_array().text_or_null("t", "").end_object();
    EXPECT_EQ(text, R"({"n":9007199254740993,"list":[{"x":true},{"y":null}],"t":null})");
}

TEST(problem, is_a_problem_document_with_the_old_sentence) {
    const auto answer = to_response({.status = 503, .code = "gone", .error = "Try \"later\"", .retry_after = 5s});
    EXPECT_EQ(answer.content_type, "application/problem+json");
    const auto value = boost::json::parse(answer.body);
    EXPECT_EQ(value.at("type").as_string(), "about:blank");
    EXPECT_EQ(value.at("title").as_string(), "Service Unavailable");
    EXPECT_EQ(value.at("status").as_int64(), 503);
    EXPECT_EQ(value.at("detail").as_string(), "Try \"later\"");
    EXPECT_EQ(value.at("code").as_string(), "gone");
    EXPECT_EQ(value.at("error").as_string(), "Try \"later\"");
    const std::vector<std::pair<std::string, std::string>> expected{{"Retry-After", "5"}};
    EXPECT_EQ(answer.headers, expected);
}

std::string written(const response& what, connection_terms terms = {}) {
    std::string out;
    append_response(out, what, terms, "Thu, 01 Jan 1970 00:00:00 GMT");
    return out;
}

TEST(response_writer, writes_header_and_body) {
    response what;
    what.body = "{}";
    what.headers.emplace_back("X-A", "b");
    EXPECT_EQ(written(what),
              "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: application/json\r\n"
              "Content-Length: 2\r\nX-A: b\r\n\r\n{}");
}

TEST(response_writer, leaves_the_body_of_a_head_answer_out_and_keeps_its_length) {
    response what;
    what.body = "12345";
    const auto text = written(what, {.head = true, .close = true});
    EXPECT_TRUE(text.contains("Content-Length: 5\r\n"));
    EXPECT_TRUE(text.ends_with("Connection: close\r\n\r\n"));
}

TEST(response_writer, gives_204_no_length) {
    response what;
    what.status = 204;
    EXPECT_FALSE(written(what).contains("Content-"));
}

TEST(response_writer, leaves_out_a_header_that_would_split_the_answer) {
    response what;
    what.headers.emplace_back("X-A", "b\r\nSet-Cookie: c");
    what.headers.emplace_back("X\r\nY", "b");
    EXPECT_FALSE(written(what).contains("Cookie"));
    EXPECT_FALSE(written(what).contains("Y"));
}

TEST(date_cache, writes_imf_fixdate) {
    date_cache cache;
    EXPECT_EQ(cache.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(cache.at(784111778), "Sun, 06 Nov 1994 08:49:38 GMT");
}

}  // namespace
}  // namespace punctual::http
