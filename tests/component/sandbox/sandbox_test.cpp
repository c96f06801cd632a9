// The stand-in on loopback, spoken to by raw blocking clients: what they see is what the daemon will see.

#include "sandbox/sandbox.hpp"

#include "sandbox/crypto.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <unistd.h>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using tls_client = boost::asio::ssl::stream<tcp::socket>;

const std::string account_sid = "AC0123456789abcdef0123456789abcdef";
const std::string key = "SK0123456789abcdef0123456789abcdef";
const std::string messages_path = "/2010-04-01/Accounts/" + account_sid + "/Messages.json";

tcp::endpoint at(std::uint16_t port) {
    return {boost::asio::ip::address_v4::loopback(), port};
}

struct reply {
    std::string head;
    std::string body;
    [[nodiscard]] std::string status() const { return head.size() < 12 ? "" : head.substr(9, 3); }
};

// A receiver of webhooks: takes one request and answers it.
class webhook_receiver {
public:
    explicit webhook_receiver(boost::asio::io_context& context) : acceptor_{context, at(0)}, context_{context} {}

    [[nodiscard]] std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
    }
    reply take(const std::string& answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n") {
        tcp::socket socket{context_};
        acceptor_.accept(socket);
        std::string got;
        boost::asio::read_until(socket, boost::asio::dynamic_buffer(got), "\r\n\r\n");
        const auto end = got.find("\r\n\r\n") + 4;
        const auto length_at = got.find("Content-Length: ") + 16;
        const auto length = std::stoul(got.substr(length_at, got.find('\r', length_at) - length_at));
        if (got.size() < end + length) {
            boost::asio::read(socket, boost::asio::dynamic_buffer(got),
                              boost::asio::transfer_exactly(end + length - got.size()));
        }
        boost::asio::write(socket, boost::asio::buffer(answer));
        return {got.substr(0, end), got.substr(end)};
    }

private:
    tcp::acceptor acceptor_;
    boost::asio::io_context& context_;
};

class sandbox_test : public testing::Test {
protected:
    void start() {
        options_.http_port = 0;
        options_.smtp_port = 0;
        options_.https_port = 0;
        options_.smtps_port = 0;
        options_.world.credentials = {account_sid, "token", key, "secret"};
        server_.emplace(context_, options_);
        loop_ = std::thread{[this] {
            net::task_group root{context_.get_executor(), {}};
            root.spawn("sandbox", server_->run());
            context_.run();
        }};
    }
    void stop() {
        if (loop_.joinable()) {
            boost::asio::post(context_, [this] { server_->stop(); });
            loop_.join();
        }
    }
    void TearDown() override { stop(); }

    static std::string request(const std::string& method, const std::string& target, const std::string& body,
                               const std::string& type) {
        return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic " +
               base64(key + ":secret") + "\r\nContent-Type: " + type +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
    }
    template <class Stream>
    static reply exchange(Stream& stream, const std::string& bytes) {
        boost::asio::write(stream, boost::asio::buffer(bytes));
        std::string got;
        boost::system::error_code ended;
        boost::asio::read(stream, boost::asio::dynamic_buffer(got), ended);
        const auto end = got.find("\r\n\r\n");
        return end == std::string::npos ? reply{got, {}} : reply{got.substr(0, end), got.substr(end + 4)};
    }
    reply call(const std::string& method, const std::string& target, const std::string& body = {},
               const std::string& type = "application/x-www-form-urlencoded") {
        tcp::socket socket{client_};
        socket.connect(at(server_->ports().http));
        return exchange(socket, request(method, target, body, type));
    }
    reply control(const std::string& target, const std::string& json) {
        return call("POST", target, json, "application/json");
    }
    reply send_text(const std::string& more = {}) {
        return call("POST", messages_path, "To=%2B61412345678&From=%2B61480000000&Body=Hi" + more);
    }
    static std::size_t count(const std::string& text, const std::string& part) {
        std::size_t found = 0;
        for (auto from = text.find(part); from != std::string::npos; from = text.find(part, from + 1)) {
            ++found;
        }
        return found;
    }
    std::size_t deliveries() { return count(call("GET", "/sandbox/messages.json").body, "\"revision\":") - 1; }

    boost::asio::ssl::context trust() {
        boost::asio::ssl::context made{boost::asio::ssl::context::tls_client};
        made.add_certificate_authority(boost::asio::buffer(server_->ca_pem()));
        made.set_verify_mode(boost::asio::ssl::verify_peer);
        return made;
    }
    // One reply, all of its lines.
    template <class Stream>
    std::string read_reply(Stream& stream) {
        std::string whole;
        while (true) {
            const auto size = boost::asio::read_until(stream, boost::asio::dynamic_buffer(smtp_in_), "\r\n");
            const auto line = smtp_in_.substr(0, size);
            smtp_in_.erase(0, size);
            whole += line;
            if (line.size() > 3 && line[3] == ' ') {
                return whole;
            }
        }
    }
    template <class Stream>
    std::string say(Stream& stream, const std::string& line) {
        boost::asio::write(stream, boost::asio::buffer(line + "\r\n"));
        return read_reply(stream).substr(0, 3);
    }
    template <class Stream>
    std::string send_mail(Stream& stream) {
        std::string codes = say(stream, "MAIL FROM:<clinic@x.org>") + say(stream, "RCPT TO:<anna@y.org>");
        codes += say(stream, "DATA");
        return codes + say(stream, "Subject: Hello\r\nMessage-ID: <id-1@x.org>\r\n\r\nText\r\n.");
    }

    sandbox_options options_;
    boost::asio::io_context context_{1};
    boost::asio::io_context client_;
    std::optional<sandbox_server> server_;
    std::thread loop_;
    std::string smtp_in_;
};

TEST_F(sandbox_test, calls_back_with_a_signature_over_url_and_form) {
    options_.world.messaging.step = 1ms;
    webhook_receiver hook{client_};
    start();
    const auto url = hook.url("/hook/?delivery=id-7");
    ASSERT_EQ(send_text("&StatusCallback=" + percent_encode(url)).status(), "201");
    const auto first = hook.take();
    EXPECT_NE(first.body.find("MessageStatus="), std::string::npos);
    const auto signature = twilio_signature("token", url, parse_form(first.body));
    EXPECT_NE(first.head.find("X-Twilio-Signature: " + signature + "\r\n"), std::string::npos) << first.head;
    const auto second = hook.take();
    EXPECT_NE(first.body, second.body);
}

TEST_F(sandbox_test, calls_again_after_an_error_only_when_the_url_asks_for_it) {
    options_.world.messaging.step = 1ms;
    webhook_receiver hook{client_};
    start();
    ASSERT_EQ(control("/sandbox/behaviour", R"({"target":"message","status":"sent"})").status(), "204");
    ASSERT_EQ(send_text("&StatusCallback=" + percent_encode(hook.url("/hook") + "#rc=1&rp=all")).status(), "201");
    const auto failed = hook.take("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    const auto again = hook.take();
    EXPECT_EQ(failed.body, again.body);
}

TEST_F(sandbox_test, ends_an_unjoined_room_by_itself_and_says_so) {
    options_.world.room_minute = 10ms;
    webhook_receiver hook{client_};
    start();
    ASSERT_EQ(
        call("POST", "/v1/Rooms", "UniqueName=apt-1&StatusCallback=" + percent_encode(hook.url("/hook"))).status(),
        "201");
    std::string events = hook.take().body;
    events += hook.take().body;
    EXPECT_NE(events.find("StatusCallbackEvent=room-created"), std::string::npos);
    EXPECT_NE(events.find("StatusCallbackEvent=room-ended"), std::string::npos);
    EXPECT_EQ(call("GET", "/v1/Rooms/apt-1").status(), "404");
}

TEST_F(sandbox_test, drops_the_connection_after_the_effect_when_ordered) {
    start();
    ASSERT_EQ(control("/sandbox/behaviour", R"({"target":"request","on":"messages","action":"drop_after"})").status(),
              "204");
    const auto lost = send_text();
    EXPECT_EQ(lost.head, "");
    EXPECT_EQ(deliveries(), 1U);
}

TEST_F(sandbox_test, refuses_with_429_before_any_effect_when_ordered) {
    start();
    const auto order = R"({"target":"request","on":"messages","action":"answer_before","status":429,"retry_after":7})";
    ASSERT_EQ(control("/sandbox/behaviour", order).status(), "204");
    const auto refused = send_text();
    EXPECT_EQ(refused.status(), "429");
    EXPECT_NE(refused.head.find("Retry-After: 7"), std::string::npos);
    EXPECT_NE(refused.body.find("20429"), std::string::npos);
    EXPECT_EQ(deliveries(), 0U);
    EXPECT_EQ(send_text().status(), "201");
}

TEST_F(sandbox_test, answers_500_after_the_effect_when_ordered) {
    start();
    ASSERT_EQ(control("/sandbox/behaviour", R"({"target":"request","action":"answer_after","status":500})").status(),
              "204");
    EXPECT_EQ(send_text().status(), "500");
    EXPECT_EQ(deliveries(), 1U);
}

TEST_F(sandbox_test, answers_as_it_is_told_after_the_effect_when_ordered) {
    start();
    const auto order = R"({"target":"request","action":"answer_as","status":201,"body":"[1]","repeat":3})";
    ASSERT_EQ(control("/sandbox/behaviour", order).status(), "204");
    const auto odd = send_text();
    EXPECT_EQ(odd.status(), "201");
    EXPECT_EQ(odd.body, "[1][1][1]");
    EXPECT_EQ(deliveries(), 1U);
}

TEST_F(sandbox_test, cuts_its_answer_after_the_effect_when_ordered) {
    start();
    ASSERT_EQ(control("/sandbox/behaviour", R"({"target":"request","action":"cut"})").status(), "204");
    const auto cut = send_text();
    EXPECT_EQ(cut.status(), "201");
    EXPECT_EQ(cut.body.find('}'), std::string::npos);
    EXPECT_EQ(deliveries(), 1U);
}

TEST_F(sandbox_test, sends_elsewhere_without_any_effect_when_ordered) {
    start();
    const auto order = R"({"target":"request","action":"redirect","location":"http://127.0.0.1:1/"})";
    ASSERT_EQ(control("/sandbox/behaviour", order).status(), "204");
    const auto answer = send_text();
    EXPECT_EQ(answer.status(), "307");
    EXPECT_NE(answer.head.find("Location: http://127.0.0.1:1/"), std::string::npos);
    EXPECT_EQ(deliveries(), 0U);
}

TEST_F(sandbox_test, lets_go_of_a_hanging_request_when_it_stops) {
    start();
    ASSERT_EQ(control("/sandbox/behaviour", R"({"target":"request","action":"hang"})").status(), "204");
    tcp::socket socket{client_};
    socket.connect(at(server_->ports().http));
    boost::asio::write(socket, boost::asio::buffer(request("GET", "/v1/Rooms", "", "text/plain")));
    EXPECT_EQ(call("GET", "/").status(), "200");
    stop();
    std::string got;
    boost::system::error_code ended;
    boost::asio::read(socket, boost::asio::dynamic_buffer(got), ended);
    EXPECT_EQ(got, "");
}

TEST_F(sandbox_test, serves_twilio_over_https_that_its_ca_vouches_for) {
    start();
    auto trusted = trust();
    tls_client stream{client_, trusted};
    stream.set_verify_callback(boost::asio::ssl::host_name_verification{"localhost"});
    stream.lowest_layer().connect(at(server_->ports().https));
    stream.handshake(boost::asio::ssl::stream_base::client);
    const auto made =
        exchange(stream, request("POST", "/v1/Rooms", "UniqueName=apt-1", "application/x-www-form-urlencoded"));
    EXPECT_EQ(made.status(), "201");
    EXPECT_NE(made.body.find("\"url\":\"https://localhost/v1/Rooms/RM"), std::string::npos) << made.body;
}

TEST_F(sandbox_test, takes_mail_after_starttls_and_auth) {
    options_.smtp.user = "me";
    options_.smtp.password = "secret";
    start();
    tcp::socket plain{client_};
    plain.connect(at(server_->ports().smtp));
    EXPECT_EQ(read_reply(plain).substr(0, 3), "220");
    EXPECT_EQ(say(plain, "EHLO me") + say(plain, "MAIL FROM:<clinic@x.org>") + say(plain, "STARTTLS"), "250530220");
    auto trusted = trust();
    boost::asio::ssl::stream<tcp::socket&> stream{plain, trusted};
    stream.set_verify_callback(boost::asio::ssl::host_name_verification{"127.0.0.1"});
    stream.handshake(boost::asio::ssl::stream_base::client);
    EXPECT_EQ(say(stream, "EHLO me"), "250");
    EXPECT_EQ(say(stream, "AUTH PLAIN " + base64(std::string{"\0me\0secret", 10})), "235");
    EXPECT_EQ(send_mail(stream), "250250354250");
    EXPECT_EQ(say(stream, "QUIT"), "221");
    const auto log = call("GET", "/sandbox/messages.json").body;
    EXPECT_NE(log.find(R"("subject":"Hello","body":"Text\r\n","delivery":"id-1")"), std::string::npos) << log;
    EXPECT_NE(call("GET", "/sandbox/mail/1.eml").body.find("Message-ID: <id-1@x.org>\r\n\r\nText\r\n"),
              std::string::npos);
}

TEST_F(sandbox_test, takes_mail_under_implicit_tls) {
    start();
    auto trusted = trust();
    tls_client stream{client_, trusted};
    stream.lowest_layer().connect(at(server_->ports().smtps));
    stream.handshake(boost::asio::ssl::stream_base::client);
    EXPECT_EQ(read_reply(stream).substr(0, 3), "220");
    EXPECT_EQ(say(stream, "EHLO me") + send_mail(stream), "250250250354250");
    EXPECT_EQ(deliveries(), 1U);
}

TEST_F(sandbox_test, loses_the_answer_to_the_dot_but_keeps_the_mail_when_ordered) {
    start();
    ASSERT_EQ(control("/sandbox/behaviour", R"({"target":"smtp","action":"drop_after_accept"})").status(), "204");
    tcp::socket plain{client_};
    plain.connect(at(server_->ports().smtp));
    read_reply(plain);
    EXPECT_EQ(say(plain, "EHLO me"), "250");
    EXPECT_THROW(send_mail(plain), boost::system::system_error);
    EXPECT_EQ(deliveries(), 1U);
}

TEST_F(sandbox_test, ends_an_smtp_connection_when_it_stops) {
    start();
    tcp::socket plain{client_};
    plain.connect(at(server_->ports().smtp));
    read_reply(plain);
    stop();
    EXPECT_THROW(read_reply(plain), boost::system::system_error);
}

TEST_F(sandbox_test, serves_its_page_that_loads_nothing_from_elsewhere) {
    start();
    const auto page = call("GET", "/");
    EXPECT_EQ(page.status(), "200");
    EXPECT_NE(page.head.find("Content-Security-Policy: default-src 'none'; script-src 'self'"), std::string::npos);
    for (const auto* name : {"/page.css", "/page.js", "/icon.svg"}) {
        const auto file = call("GET", name);
        EXPECT_EQ(file.status(), "200") << name;
        EXPECT_EQ(file.body.find("https://"), std::string::npos) << name;
    }
    EXPECT_EQ(call("GET", "/nothing").status(), "404");
}

TEST_F(sandbox_test, writes_its_ports_and_its_ca_for_whoever_waits) {
    const auto folder = std::filesystem::temp_directory_path() / ("sandbox_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    options_.ports_file = folder / "ports";
    options_.ca_out = folder / "ca.pem";
    start();
    const auto read = [](const std::string& path) {
        std::ifstream in{path};
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    EXPECT_NE(read(options_.ports_file).find("HTTP_PORT=" + std::to_string(server_->ports().http) + "\n"),
              std::string::npos);
    EXPECT_EQ(read(options_.ca_out), server_->ca_pem());
    std::filesystem::remove_all(folder);
}

TEST_F(sandbox_test, says_which_port_it_cannot_have) {
    tcp::acceptor taken{client_, at(0)};
    options_.smtp_port = taken.local_endpoint().port();
    options_.http_port = 0;
    try {
        const sandbox_server server{context_, options_};
        FAIL() << "the port was taken";
    } catch (const std::runtime_error& why) {
        EXPECT_NE(std::string{why.what()}.find("port " + std::to_string(options_.smtp_port)), std::string::npos);
    }
}

}  // namespace
}  // namespace punctual::sandbox
