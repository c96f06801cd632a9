#include "net/twilio/make_messenger.hpp"
#include "net/twilio/make_rooms.hpp"
#include "support/loop_fixture.hpp"
#include "support/scripted_peer.hpp"

#include <array>
#include <ctime>
#include <deque>
#include <functional>
#include <ostream>

namespace punctual::net::twilio {
namespace {

using namespace std::chrono_literals;
using test::peer_connection;
using test::scripted_peer;

const std::string message_sid = "SM0123456789abcdef0123456789abcdef";
const std::string room_sid = "RM0123456789abcdef0123456789abcdef";
const std::string room_text = R"({"sid":")" + room_sid + R"(","unique_name":"apt-1","status":"in-progress"})";
const account clinic{"AC1", "token", "", ""};

std::string http(unsigned status, const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string twilio_error(unsigned status, int code) {
    return http(status, R"({"code":)" + std::to_string(code) + R"(,"message":"for +61412345678"})");
}

// Twilio as a list of answers, one a request; notes the requests.
class twilio_test : public test::loop_fixture {
protected:
    std::deque<std::string> answers;
    std::vector<std::string> requests;
    scripted_peer peer{context, [this](peer_connection& to) { return serve(to); }};
    std::unique_ptr<connector> by = make_connector(context, {});
    std::unique_ptr<https::client> client =
        https::make_client(context.get_executor(), *by, {{"127.0.0.1", peer.port(), transport::plain}, 2, 5s, 30s});
    account_gate gate;
    std::unique_ptr<messenger> texts =
        make_messenger(*client, gate, {clinic, {"+14155238886", "+61480000000", ""}, ""});
    std::unique_ptr<rooms> video = make_rooms(*client, gate, {clinic, {}, ""});

    task<> serve(peer_connection& to) {
        while (true) {
            auto request = co_await to.read_request();
            if (request.empty()) {
                co_return;
            }
            requests.push_back(std::move(request));
            if (answers.empty()) {
                to.reset();
                co_return;
            }
            const auto next = answers.front();
            answers.pop_front();
            co_await to.send(next);
        }
    }
    // The request line of the n-th request.
    std::string line(std::size_t n) const { return requests.at(n).substr(0, requests.at(n).find(" HTTP/1.1")); }

    text_outcome send(std::string to = "+61412345678") {
        text_message what;
        what.channel = domain::channel::sms;
        what.to = std::move(to);
        what.body = "hi";
        return run(texts->send(std::move(what), deadline::max(), within(5s)));
    }
    std::optional<std::vector<listed_message>> list(wall_time since) {
        return run(texts->list(domain::channel::whatsapp, "+61412345678", since, within(5s)));
    }
};

TEST_F(twilio_test, sends_a_form_with_credentials_and_reads_the_sid) {
    answers = {http(201, R"({"sid":")" + message_sid + R"(","status":"queued"})")};
    const auto outcome = send();
    EXPECT_EQ(outcome.verdict, text_verdict::accepted);
    EXPECT_EQ(outcome.sid, message_sid);
    EXPECT_EQ(line(0), "POST /2010-04-01/Accounts/AC1/Messages.json");
    EXPECT_NE(requests[0].find("\r\nAuthorization: Basic QUMxOnRva2Vu\r\n"), std::string::npos);
    EXPECT_NE(requests[0].find("\r\nContent-Type: application/x-www-form-urlencoded\r\n"), std::string::npos);
    EXPECT_TRUE(requests[0].ends_with("\r\n\r\nTo=%2B61412345678&From=%2B61480000000&Body=hi"));
}

TEST_F(twilio_test, the_providers_words_come_without_numbers) {
    answers = {twilio_error(400, 21211)};
    const auto outcome = send();
    EXPECT_EQ(outcome.verdict, text_verdict::bad_number);
    EXPECT_EQ(outcome.error_text, "for [number]");
}

TEST_F(twilio_test, a_lost_answer_is_asked_about) {
    EXPECT_EQ(send().verdict, text_verdict::ask_first);
}

TEST_F(twilio_test, a_number_that_is_none_is_not_sent) {
    EXPECT_EQ(send("0412 345 678").verdict, text_verdict::bad_number);
    EXPECT_TRUE(requests.empty());
}

TEST_F(twilio_test, a_429_holds_messages_and_rooms) {
    answers = {http(429, "", "Retry-After: 30\r\n")};
    const auto refused = send();
    EXPECT_EQ(refused.verdict, text_verdict::retry);
    EXPECT_EQ(refused.retry_after, 30s);
    const auto held = send();
    EXPECT_EQ(held.verdict, text_verdict::held);
    EXPECT_GT(held.retry_after, 0s);
    EXPECT_EQ(run(video->find("apt-1", within(5s))).error().code, twilio_errc::unavailable);
    EXPECT_EQ(requests.size(), 1U);
}

struct wish {
    const char* name;
    std::function<std::string()> header;
    std::chrono::seconds least;
    std::chrono::seconds most;

    friend std::ostream& operator<<(std::ostream& to, const wish& one) { return to << one.name; }
};

// An instant so far from now, as strftime writes it.
std::string date(const char* form, std::chrono::seconds ahead) {
    const auto at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + ahead);
    std::tm parts{};
    ::gmtime_r(&at, &parts);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
}

class retry_after_form : public twilio_test, public testing::WithParamInterface<wish> {};

TEST_P(retry_after_form, holds_the_account_and_stops_all_requests) {
    const auto header = GetParam().header();
    answers = {http(429, R"({"code":20429,"message":"Too Many Requests"})", header)};
    const auto refused = send();
    EXPECT_EQ(refused.verdict, text_verdict::retry);
    EXPECT_GE(refused.retry_after, GetParam().least) << header;
    EXPECT_LE(refused.retry_after, GetParam().most) << header;
    EXPECT_EQ(send().verdict, text_verdict::held);
    EXPECT_FALSE(list(wall_time{}));
    EXPECT_GT(texts->held(), 0s);
    EXPECT_EQ(run(video->find("apt-1", within(5s))).error().code, twilio_errc::unavailable);
    EXPECT_EQ(requests.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    twilio, retry_after_form,
    testing::Values(
        wish{"seconds", [] { return "Retry-After: 30\r\n"; }, 30s, 30s},
        wish{"date", [] { return "Retry-After: " + date("%a, %d %b %Y %H:%M:%S GMT", 60s) + "\r\n"; }, 55s, 60s},
        wish{"old_date", [] { return "Retry-After: " + date("%A, %d-%b-%y %H:%M:%S GMT", 60s) + "\r\n"; }, 55s, 60s},
        wish{"asctime", [] { return "Retry-After: " + date("%a %b %e %H:%M:%S %Y", 60s) + "\r\n"; }, 55s, 60s},
        wish{"past", [] { return "Retry-After: " + date("%a, %d %b %Y %H:%M:%S GMT", -60s) + "\r\n"; }, 2s, 2s},
        wish{"absent", [] { return ""; }, 2s, 2s}, wish{"empty", [] { return "Retry-After:\r\n"; }, 2s, 2s},
        wish{"nonsense", [] { return "Retry-After: soon\r\n"; }, 2s, 2s},
        wish{"zero", [] { return "Retry-After: 0\r\n"; }, 2s, 2s},
        wish{"negative", [] { return "Retry-After: -5\r\n"; }, 2s, 2s},
        wish{"huge", [] { return "Retry-After: 99999999999999999999\r\n"; }, 300s, 300s},
        wish{"far_date", [] { return "Retry-After: Fri, 24 May 2999 17:45:16 GMT\r\n"; }, 300s, 300s}),
    [](const auto& one) { return std::string{one.param.name}; });

TEST_F(twilio_test, a_503_that_says_when_holds_messages_and_is_asked_about) {
    answers = {http(503, "<html>", "Retry-After: 30\r\n")};
    const auto outcome = send();
    EXPECT_EQ(outcome.verdict, text_verdict::ask_first);
    EXPECT_EQ(outcome.retry_after, 30s);
    EXPECT_EQ(send().verdict, text_verdict::held);
    EXPECT_EQ(requests.size(), 1U);
}

// Whatever was made, nobody can tell from these: each is asked about, none is sent again or given up.
TEST_F(twilio_test, every_answer_that_cannot_be_read_is_asked_about) {
    const std::vector<std::string> bodies{
        "",
        "{}",
        "null",
        "[]",
        R"({"status":"queued"})",
        R"({"sid":null,"status":"queued"})",
        R"({"sid":42,"status":"queued"})",
        R"({"sid":{"sid":1},"status":"queued"})",
        R"({"sid":"SM1","status":"queued"})",
        R"({"sid":")" + message_sid + R"(","status":7})",
        R"({"sid":")" + message_sid + R"(","status":"queued")",
        "<html>",
        std::string(100'000, '['),
        R"({"sid":")" + std::string(2'000'000, 'a') + R"("})",
        "{\"sid\":\"\xff\xfe\",\"status\":\"queued\"}",
    };
    for (const auto& body : bodies) {
        answers = {http(201, body)};
        const auto outcome = send();
        EXPECT_EQ(outcome.verdict, text_verdict::ask_first) << body.substr(0, 60);
        EXPECT_TRUE(outcome.sid.empty());
    }
}

TEST_F(twilio_test, a_429_on_rooms_holds_messages) {
    answers = {http(429, "", "Retry-After: junk\r\n")};
    EXPECT_EQ(run(video->find("apt-1", within(5s))).error().code, twilio_errc::unavailable);
    EXPECT_EQ(send().retry_after, 2s);
}

TEST_F(twilio_test, without_an_account_nothing_is_asked) {
    const auto none = make_rooms(*client, gate, {});
    EXPECT_EQ(run(none->ensure("apt-1", within(5s))).error().code, twilio_errc::not_configured);
    const auto mute = make_messenger(*client, gate, {});
    EXPECT_EQ(run(mute->send({}, deadline::max(), within(5s))).verdict, text_verdict::configuration);
    EXPECT_TRUE(requests.empty());
}

std::string listed(const std::string& date) {
    return R"({"sid":")" + message_sid + R"(","status":"sent","error_code":null,"body":"hi","date_created":)" + date +
           "}";
}
const std::string early = R"("Thu, 01 Jan 1970 00:01:00 +0000")";
const std::string late = R"("Thu, 01 Jan 1970 01:00:00 +0000")";

TEST_F(twilio_test, lists_by_number_over_the_pages_until_they_are_too_old) {
    answers = {http(200, R"({"messages":[)" + listed("null") + "," + listed(late) + R"(],"next_page_uri":"/p2"})"),
               http(200, R"({"messages":[)" + listed(early) + R"(],"next_page_uri":"/p3"})")};
    const auto found = list(wall_time{30min});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), 2U);
    EXPECT_EQ(line(0), "GET /2010-04-01/Accounts/AC1/Messages.json?To=whatsapp%3A%2B61412345678&PageSize=200");
    EXPECT_EQ(line(1), "GET /p2");
    EXPECT_EQ(requests.size(), 2U);
}

TEST_F(twilio_test, a_list_that_cannot_be_read_is_no_list) {
    answers = {http(200, "<html>")};
    EXPECT_FALSE(list(wall_time{}));
}

TEST_F(twilio_test, a_list_without_end_is_no_list) {
    constexpr std::size_t pages = 200;
    for (std::size_t i = 0; i < pages; ++i) {
        answers.push_back(http(200, R"({"messages":[)" + listed(late) + R"(],"next_page_uri":"/again"})"));
    }
    EXPECT_FALSE(list(wall_time{}));
    EXPECT_EQ(requests.size(), pages);
}

TEST_F(twilio_test, finds_a_message_by_its_sid) {
    answers = {http(200, R"({"sid":")" + message_sid +
                             R"(","status":"undelivered","error_code":63024,"date_created":)" + late + "}")};
    const auto found = run(texts->find(message_sid, within(5s)));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->status, "undelivered");
    EXPECT_EQ(found->error_code, 63024);
    EXPECT_EQ(line(0), "GET /2010-04-01/Accounts/AC1/Messages/" + message_sid + ".json");
}

TEST_F(twilio_test, an_answer_that_tells_nothing_of_the_message_is_none) {
    const auto other = "SMffffffffffffffffffffffffffffffff";
    const std::vector<std::string> useless{
        twilio_error(404, 20404),
        twilio_error(503, 20503),
        twilio_error(401, 20003),
        http(200, "<html>"),
        http(200, "{}"),
        http(200, R"({"sid":")" + message_sid + R"(","status":7})"),
        http(200, R"({"sid":")" + std::string{other} + R"(","status":"delivered"})"),
        http(302, "", "Location: https://evil.example/\r\n"),
    };
    for (const auto& one : useless) {
        answers = {one};
        EXPECT_FALSE(run(texts->find(message_sid, within(5s)))) << one;
    }
    EXPECT_EQ(requests.size(), useless.size());
}

TEST_F(twilio_test, does_not_ask_for_what_is_no_sid_nor_while_it_is_held) {
    EXPECT_FALSE(run(texts->find("../Accounts", within(5s))));
    EXPECT_FALSE(run(texts->find("", within(5s))));
    EXPECT_TRUE(requests.empty());
    answers = {http(429, "", "Retry-After: 30\r\n")};
    EXPECT_FALSE(run(texts->find(message_sid, within(5s))));
    EXPECT_GT(texts->held(), 0s);
    EXPECT_FALSE(run(texts->find(message_sid, within(5s))));
    EXPECT_EQ(requests.size(), 1U);
}

TEST_F(twilio_test, a_room_that_is_there_is_found) {
    answers = {http(200, room_text)};
    EXPECT_EQ(run(video->ensure("apt-1", within(5s))).value().sid, room_sid);
    EXPECT_EQ(line(0), "GET /v1/Rooms/apt-1");
}

TEST_F(twilio_test, a_room_that_is_not_there_is_made) {
    answers = {twilio_error(404, 20404), http(201, room_text)};
    EXPECT_EQ(run(video->ensure("apt-1", within(5s))).value().sid, room_sid);
    EXPECT_EQ(line(1), "POST /v1/Rooms");
    EXPECT_NE(requests[1].find("UniqueName=apt-1&Type=group"), std::string::npos);
}

TEST_F(twilio_test, a_room_that_somebody_else_made_is_adopted) {
    answers = {twilio_error(404, 20404), twilio_error(400, 53113), http(200, room_text)};
    EXPECT_EQ(run(video->ensure("apt-1", within(5s))).value().sid, room_sid);
    EXPECT_EQ(line(2), "GET /v1/Rooms/apt-1");
}

TEST_F(twilio_test, a_room_that_ended_before_it_was_adopted_is_made_again) {
    answers = {twilio_error(404, 20404), twilio_error(400, 53113), twilio_error(404, 20404), http(201, room_text)};
    EXPECT_EQ(run(video->ensure("apt-1", within(5s))).value().sid, room_sid);
    EXPECT_EQ(requests.size(), 4U);
}

TEST_F(twilio_test, tries_to_adopt_are_bounded) {
    for (int i = 0; i < 10; ++i) {
        answers.push_back(twilio_error(404, 20404));
        answers.push_back(twilio_error(400, 53113));
    }
    EXPECT_EQ(run(video->ensure("apt-1", within(5s))).error().code, twilio_errc::unavailable);
    EXPECT_EQ(requests.size(), 6U);
}

TEST_F(twilio_test, an_ended_room_of_the_name_is_not_found) {
    answers = {http(200, R"({"sid":")" + room_sid + R"(","unique_name":"apt-1","status":"completed"})")};
    EXPECT_EQ(run(video->find("apt-1", within(5s))).error().code, twilio_errc::not_found);
}

TEST_F(twilio_test, a_room_in_html_is_a_bad_answer_and_bad_credentials_are_refused) {
    answers = {http(200, "<html>"), twilio_error(401, 20003)};
    EXPECT_EQ(run(video->find("apt-1", within(5s))).error().code, twilio_errc::bad_answer);
    const auto refused = run(video->find("apt-1", within(5s)));
    EXPECT_EQ(refused.error().code, twilio_errc::refused);
    EXPECT_EQ(refused.error().detail, "HTTP 401, 20003: for [number]");
}

TEST_F(twilio_test, lists_our_rooms_over_the_pages_on_our_host_alone) {
    const auto page = [](const std::string& name, const std::string& next) {
        return http(200, R"({"rooms":[{"sid":")" + room_sid + R"(","unique_name":")" + name +
                             R"(","status":"in-progress"}],"meta":{"next_page_url":)" + next + "}}");
    };
    answers = {page("apt-1", R"("https://evil.example/v1/Rooms?Page=1")"), page("somebody-elses", "null")};
    const auto found = run(video->list_in_progress(within(5s)));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), 1U);
    EXPECT_EQ(line(0), "GET /v1/Rooms?Status=in-progress&PageSize=100");
    EXPECT_EQ(line(1), "GET /v1/Rooms?Page=1");
}

TEST_F(twilio_test, counts_connected_participants) {
    answers = {http(200, R"({"participants":[{"sid":"PA0123456789abcdef0123456789abcdef"},)"
                         R"({"sid":"PAfedcba9876543210fedcba9876543210"}],"meta":{"next_page_url":null}})")};
    EXPECT_EQ(run(video->connected(room_sid, within(5s))).value(), 2U);
    EXPECT_EQ(line(0), "GET /v1/Rooms/" + room_sid + "/Participants?Status=connected&PageSize=100");
}

TEST_F(twilio_test, lists_everybody_who_was_in_a_room_over_the_pages) {
    const auto page = [](const std::string& people, const std::string& next) {
        return http(200, R"({"participants":[)" + people + R"(],"meta":{"next_page_url":)" + next + "}}");
    };
    const std::string here =
        R"({"sid":"PA0123456789abcdef0123456789abcdef","identity":"456-patient","status":"connected",)"
        R"("start_time":"2026-11-23T09:00:01Z","end_time":null})";
    const std::string gone =
        R"({"sid":"PAfedcba9876543210fedcba9876543210","identity":"789-p","status":"disconnected",)"
        R"("start_time":"2026-11-23T08:55:00Z","end_time":"2026-11-23T09:10:00Z"})";
    answers = {page(here, R"("https://video.twilio.com/v1/Rooms/x?Page=1")"), page("", "null"), page(gone, "null")};
    const auto found = run(video->participants(room_sid, within(5s)));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[0].identity, "456-patient");
    EXPECT_EQ((*found)[0].left_at, std::nullopt);
    EXPECT_EQ(*(*found)[1].left_at - (*found)[1].joined_at, 15min);
    EXPECT_EQ(line(1), "GET /v1/Rooms/x?Page=1");
    EXPECT_EQ(line(2), "GET /v1/Rooms/" + room_sid + "/Participants?Status=disconnected&PageSize=100");
}

TEST_F(twilio_test, puts_a_participant_out_and_one_who_has_gone_is_success) {
    const std::string participant = "PA0123456789abcdef0123456789abcdef";
    answers = {http(200, "{}"), twilio_error(404, 20404), twilio_error(500, 20500)};
    EXPECT_TRUE(run(video->remove(room_sid, participant, within(5s))));
    EXPECT_TRUE(run(video->remove(room_sid, participant, within(5s))));
    EXPECT_FALSE(run(video->remove(room_sid, participant, within(5s))));
    EXPECT_EQ(line(0), "POST /v1/Rooms/" + room_sid + "/Participants/" + participant);
    EXPECT_TRUE(requests[0].ends_with("Status=disconnected"));
    EXPECT_EQ(run(video->remove(room_sid, "../x", within(5s))).error().code, twilio_errc::not_found);
}

TEST_F(twilio_test, completes_by_sid_and_an_ended_room_is_success) {
    answers = {http(202, room_text), twilio_error(400, 53112), twilio_error(404, 20404)};
    EXPECT_TRUE(run(video->complete(room_sid, within(5s))));
    EXPECT_TRUE(run(video->complete(room_sid, within(5s))));
    EXPECT_EQ(run(video->complete(room_sid, within(5s))).error().code, twilio_errc::not_found);
    EXPECT_EQ(line(0), "POST /v1/Rooms/" + room_sid);
    EXPECT_TRUE(requests[0].ends_with("Status=completed"));
}

}  // namespace
}  // namespace punctual::net::twilio
