#include "sandbox/rest.hpp"

#include "sandbox/control.hpp"
#include "sandbox/crypto.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

const wall_time start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 14h};
const std::string account_sid = "AC0123456789abcdef0123456789abcdef";
const std::string messages_path = "/2010-04-01/Accounts/" + account_sid + "/Messages.json";

struct rest_test : testing::Test {
    world state{{.credentials = {account_sid, "token", "SK0123456789abcdef0123456789abcdef", "secret"}, .seed = 5}};
    std::string user = "SK0123456789abcdef0123456789abcdef:secret";

    http::request make(http::method method, const std::string& target, const std::string& body = {},
                       const std::string& type = "application/x-www-form-urlencoded") const {
        http::request what;
        what.method = method;
        what.target = target;
        what.path = target.substr(0, target.find('?'));
        what.query = target.find('?') == std::string::npos ? "" : target.substr(target.find('?') + 1);
        what.headers = {{"host", "localhost:8600"}, {"content-type", type}};
        if (!user.empty()) {
            what.headers.emplace_back("authorization", "Basic " + base64(user));
        }
        what.body = body;
        return what;
    }
    http::response call(http::method method, const std::string& target, const std::string& body = {},
                        wall_time now = start) {
        return answer_twilio(state, make(method, target, body), now);
    }
    http::response control(http::method method, const std::string& target, const std::string& body = {}) {
        return answer_control(state, make(method, target, body, "application/json"), start);
    }
    static json::object read(const http::response& from) { return json::parse(from.body).as_object(); }
    static std::string text(const json::object& from, std::string_view name) {
        return std::string{from.at(name).as_string()};
    }
};

TEST_F(rest_test, takes_the_key_with_its_secret_and_the_account_with_its_token) {
    EXPECT_EQ(call(http::method::get, "/v1/Rooms").status, 200U);
    user = account_sid + ":token";
    EXPECT_EQ(call(http::method::get, "/v1/Rooms").status, 200U);
}

TEST_F(rest_test, refuses_wrong_credentials_with_20003) {
    for (const auto* wrong : {"", "SK0123456789abcdef0123456789abcdef:token", "nobody:secret"}) {
        user = wrong;
        const auto answer = call(http::method::get, "/v1/Rooms");
        EXPECT_EQ(answer.status, 401U) << wrong;
        EXPECT_EQ(read(answer).at("code").as_int64(), 20003) << wrong;
    }
}

TEST_F(rest_test, hides_the_account_from_a_standard_key) {
    const auto path = "/2010-04-01/Accounts/" + account_sid + ".json";
    EXPECT_EQ(call(http::method::get, path).status, 401U);
    user = account_sid + ":token";
    EXPECT_EQ(call(http::method::get, path).status, 200U);
}

TEST_F(rest_test, makes_a_room_with_201_and_twilios_fields) {
    const auto answer = call(http::method::post, "/v1/Rooms", "UniqueName=apt-1&UnusedRoomTimeout=60&MediaRegion=au1");
    EXPECT_EQ(answer.status, 201U);
    const auto room = read(answer);
    EXPECT_TRUE(is_sid(text(room, "sid"), "RM"));
    EXPECT_EQ(text(room, "unique_name"), "apt-1");
    EXPECT_EQ(text(room, "status"), "in-progress");
    EXPECT_EQ(text(room, "date_created"), "2026-11-22T14:00:00Z");
    EXPECT_EQ(room.at("unused_room_timeout").as_int64(), 60);
    EXPECT_TRUE(room.at("end_time").is_null());
}

TEST_F(rest_test, shapes_errors_as_twilio_does) {
    call(http::method::post, "/v1/Rooms", "UniqueName=apt-1");
    const auto answer = call(http::method::post, "/v1/Rooms", "UniqueName=apt-1");
    EXPECT_EQ(answer.status, 400U);
    const auto why = read(answer);
    EXPECT_EQ(why.at("code").as_int64(), 53113);
    EXPECT_EQ(why.at("status").as_int64(), 400);
    EXPECT_EQ(text(why, "more_info"), "https://www.twilio.com/docs/errors/53113");
    EXPECT_TRUE(why.at("message").is_string());
}

TEST_F(rest_test, ignores_a_json_body_and_makes_a_room_with_defaults) {
    const auto what = make(http::method::post, "/v1/Rooms", R"({"unique_name":"apt-1"})", "application/json");
    const auto room = read(answer_twilio(state, what, start));
    EXPECT_EQ(text(room, "unique_name"), text(room, "sid"));
}

TEST_F(rest_test, completes_a_room_with_202_and_then_knows_its_name_no_more) {
    const auto sid = text(read(call(http::method::post, "/v1/Rooms", "UniqueName=apt-1")), "sid");
    const auto ended = call(http::method::post, "/v1/Rooms/" + sid, "Status=completed", start + 61s);
    EXPECT_EQ(ended.status, 202U);
    EXPECT_EQ(read(ended).at("duration").as_int64(), 61);
    const auto by_name = call(http::method::get, "/v1/Rooms/apt-1");
    EXPECT_EQ(by_name.status, 404U);
    EXPECT_EQ(read(by_name).at("code").as_int64(), 20404);
    EXPECT_EQ(text(read(call(http::method::get, "/v1/Rooms/" + sid)), "status"), "completed");
    EXPECT_EQ(read(call(http::method::post, "/v1/Rooms/" + sid, "Status=completed")).at("code").as_int64(), 53112);
}

TEST_F(rest_test, pages_rooms_by_absolute_links_until_there_are_none) {
    std::set<std::string> made;
    for (int i = 0; i < 5; ++i) {
        made.insert(text(read(call(http::method::post, "/v1/Rooms", "")), "sid"));
    }
    std::set<std::string> seen;
    std::string next = "/v1/Rooms?Status=in-progress&PageSize=2";
    int pages = 0;
    while (!next.empty() && pages < 10) {
        ++pages;
        const auto page = read(call(http::method::get, next));
        for (const auto& each : page.at("rooms").as_array()) {
            EXPECT_TRUE(seen.insert(text(each.as_object(), "sid")).second);
        }
        const auto& link = page.at("meta").at("next_page_url");
        next.clear();
        if (!link.is_null()) {
            const std::string url{link.as_string()};
            ASSERT_TRUE(url.starts_with("http://localhost:8600/v1/Rooms?Status=in-progress&PageSize=2&Page=")) << url;
            next = url.substr(std::string{"http://localhost:8600"}.size());
        }
    }
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(seen, made);
}

TEST_F(rest_test, lists_participants_and_puts_one_out) {
    const auto sid = text(read(call(http::method::post, "/v1/Rooms", "")), "sid");
    EXPECT_EQ(control(http::method::post, "/sandbox/rooms/" + sid + "/join", R"({"identity":"1-patient"})").status,
              200U);
    const auto path = "/v1/Rooms/" + sid + "/Participants";
    const auto listed = read(call(http::method::get, path)).at("participants").as_array();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(text(listed[0].as_object(), "identity"), "1-patient");
    const auto gone = call(http::method::post, path + "/1-patient", "Status=disconnected");
    EXPECT_EQ(text(read(gone), "status"), "disconnected");
    EXPECT_TRUE(read(call(http::method::get, path)).at("participants").as_array().empty());
    EXPECT_EQ(read(call(http::method::get, path + "?Status=disconnected")).at("participants").as_array().size(), 1U);
}

TEST_F(rest_test, answers_a_message_with_201_and_a_mail_date) {
    const auto answer = call(http::method::post, messages_path, "To=%2B61412345678&From=%2B61480000000&Body=Hi+there");
    EXPECT_EQ(answer.status, 201U);
    const auto message = read(answer);
    EXPECT_EQ(text(message, "status"), "queued");
    EXPECT_EQ(text(message, "body"), "Hi there");
    EXPECT_EQ(text(message, "num_segments"), "1");
    EXPECT_EQ(text(message, "date_created"), "Sun, 22 Nov 2026 14:00:00 +0000");
    EXPECT_TRUE(message.at("date_sent").is_null());
}

TEST_F(rest_test, refuses_a_plus_that_was_not_encoded) {
    const auto answer = call(http::method::post, messages_path, "To=+61412345678&From=%2B61480000000&Body=Hi");
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(read(answer).at("code").as_int64(), 21211);
}

TEST_F(rest_test, pages_messages_by_relative_links) {
    for (int i = 0; i < 3; ++i) {
        call(http::method::post, messages_path, "To=%2B61412345678&From=%2B61480000000&Body=Hi");
    }
    call(http::method::post, messages_path, "To=%2B61412345679&From=%2B61480000000&Body=Hi");
    const auto first = read(call(http::method::get, messages_path + "?To=%2B61412345678&PageSize=2"));
    EXPECT_EQ(first.at("messages").as_array().size(), 2U);
    const std::string next{first.at("next_page_uri").as_string()};
    ASSERT_TRUE(next.starts_with(messages_path + "?To=%2B61412345678")) << next;
    const auto second = read(call(http::method::get, next));
    EXPECT_EQ(second.at("messages").as_array().size(), 1U);
    EXPECT_TRUE(second.at("next_page_uri").is_null());
}

TEST_F(rest_test, filters_messages_by_the_day_of_sending) {
    call(http::method::post, messages_path, "To=%2B61412345678&From=%2B61480000000&Body=Hi");
    const auto count = [&](const std::string& filter) {
        const auto page = read(call(http::method::get, messages_path + "?" + filter, {}, start + 1h));
        return page.at("messages").as_array().size();
    };
    EXPECT_EQ(count("DateSent%3E=2026-11-22"), 1U);
    EXPECT_EQ(count("DateSent%3E=2026-11-23"), 0U);
    EXPECT_EQ(count("DateSent%3C=2026-11-22"), 1U);
    EXPECT_EQ(count("DateSent=2026-11-22"), 1U);
    EXPECT_EQ(count("DateSent=2026-11-21"), 0U);
}

TEST_F(rest_test, does_not_answer_the_2010_api_without_json) {
    const auto path = "/2010-04-01/Accounts/" + account_sid + "/Messages";
    EXPECT_EQ(call(http::method::post, path, "To=%2B61412345678&From=%2B61480000000&Body=Hi").status, 404U);
}

TEST_F(rest_test, logs_deliveries_for_tests) {
    call(http::method::post, messages_path, "To=%2B61412345678&From=%2B61480000000&Body=Hi");
    state.take_mail({"a@clinic.example",
                     {"b@example.com"},
                     "Subject: =?utf-8?q?Sm=C3=B8rrebr=C3=B8d?=\r\nMessage-ID: <id-1@clinic.example>\r\n\r\nHello\r\n"},
                    start + 123456us);
    const auto page = read(control(http::method::get, "/sandbox/messages.json?since=1"));
    const auto& list = page.at("messages").as_array();
    ASSERT_EQ(list.size(), 1U);
    const auto& mail = list[0].as_object();
    EXPECT_EQ(text(mail, "subject"), "Smørrebrød");
    EXPECT_EQ(text(mail, "delivery"), "id-1");
    EXPECT_EQ(text(mail, "received_at"), "2026-11-22T14:00:00.123456Z");
    EXPECT_EQ(page.at("last").as_int64(), 2);
}

TEST_F(rest_test, shows_changed_statuses_by_revision) {
    call(http::method::post, messages_path, "To=%2B61412345678&From=%2B61480000000&Body=Hi");
    const auto before =
        read(control(http::method::get, "/sandbox/messages.json?changed_since=0")).at("revision").as_int64();
    state.advance(start + 1h);
    const auto after =
        read(control(http::method::get, "/sandbox/messages.json?changed_since=" + std::to_string(before)));
    ASSERT_EQ(after.at("messages").as_array().size(), 1U);
    EXPECT_EQ(text(after.at("messages").as_array()[0].as_object(), "status"), "delivered");
}

TEST_F(rest_test, serves_a_mails_html_where_it_can_do_nothing) {
    state.take_mail({"a@clinic.example", {"b@example.com"}, "Content-Type: text/html\r\n\r\n<script>x</script>\r\n"},
                    start);
    const auto answer = control(http::method::get, "/sandbox/mail/1.html");
    std::string policy;
    for (const auto& [name, value] : answer.headers) {
        policy = name == "Content-Security-Policy" ? value : policy;
    }
    EXPECT_TRUE(policy.starts_with("sandbox; default-src 'none'")) << policy;
}

TEST_F(rest_test, refuses_orders_with_a_typing_mistake) {
    EXPECT_EQ(
        control(http::method::post, "/sandbox/behaviour", R"({"target":"smtp","action":"rcpt","cod":550})").status,
        400U);
    EXPECT_EQ(control(http::method::post, "/sandbox/behaviour", R"({"target":"smtp","action":"rctp"})").status, 400U);
    EXPECT_EQ(state.orders.pending(), 0U);
}

TEST_F(rest_test, takes_control_only_as_json) {
    const auto form_post = make(http::method::post, "/sandbox/behaviour", "target=smtp");
    EXPECT_EQ(answer_control(state, form_post, start).status, 415U);
}

TEST_F(rest_test, forgets_deliveries_when_told) {
    call(http::method::post, messages_path, "To=%2B61412345678&From=%2B61480000000&Body=Hi");
    EXPECT_EQ(control(http::method::delete_, "/sandbox/messages").status, 204U);
    EXPECT_TRUE(read(control(http::method::get, "/sandbox/messages.json")).at("messages").as_array().empty());
}

TEST_F(rest_test, tells_what_became_of_a_message_and_404_of_one_that_there_is_not) {
    const auto made = call(http::method::post, messages_path, "To=%2B61491570156&From=%2B61480000000&Body=hi");
    ASSERT_EQ(made.status, 201U) << made.body;
    const auto base = "/2010-04-01/Accounts/" + account_sid + "/Messages/";
    const auto path = base + text(read(made), "sid") + ".json";
    EXPECT_EQ(text(read(call(http::method::get, path)), "status"), "queued");
    const auto later = read(call(http::method::get, path, {}, start + 1min));
    EXPECT_EQ(text(later, "status"), "delivered");
    EXPECT_TRUE(later.at("error_code").is_null());
    const auto absent = call(http::method::get, base + "SMffffffffffffffffffffffffffffffff.json");
    EXPECT_EQ(absent.status, 404U);
    EXPECT_EQ(read(absent).at("code").as_int64(), 20404);
}

}  // namespace
}  // namespace punctual::sandbox
