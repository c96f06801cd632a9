#include "http/server.hpp"

#include "http/descriptors.hpp"
#include "http/problem.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "support/manual_clock.hpp"
#include "support/running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace punctual::http {
namespace {

using namespace std::chrono_literals;
using test::raw_client;
using test::running_server;
using test::status_of;

constexpr std::string_view plain_request = "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n";

// /echo gives the body back, /large 16 MiB, /throw throws, /wait waits for release(), all else "ok".
class test_handler final : public request_handler {
public:
    net::task<response> handle(const request& what) override {
        response out;
        out.content_type = "text/plain";
        out.body = "ok " + what.path;
        if (what.path == "/echo") {
            out.body = what.body;
        } else if (what.path == "/large") {
            out.body.assign(16U << 20U, 'x');
        } else if (what.path == "/throw") {
            throw std::runtime_error{"secret"};
        } else if (what.path == "/wait") {
            entered.set_value();
            (void)co_await alarm->wait_until(net::boot_now() + 20s);
        }
        co_return out;
    }

    std::promise<void> entered;
    net::alarm* alarm = nullptr;
};

// Tells when a line of that event is written.
class listening_logger final : public net::logger {
public:
    explicit listening_logger(std::string event) : event_{std::move(event)} {}
    void write(net::log_level, std::string_view event, std::initializer_list<net::log_field> fields) override {
        for (const auto& field : fields) {
            text += field.value + " ";
        }
        if (event == event_ && ++lines == 1) {
            seen.set_value();
        }
    }
    std::promise<void> seen;
    std::atomic<int> lines = 0;
    std::string text;  // read after the server has ended

private:
    std::string event_;
};

class http_server : public testing::Test {
protected:
    running_server& start(server_options with = {}) {
        server = std::make_unique<running_server>(handler, std::move(with));
        return *server;
    }
    raw_client connect() { return raw_client{server->port()}; }
    int status_on_new_connection() {
        auto client = connect();
        client.send(plain_request);
        return status_of(client.read_answer());
    }
    // A connection's end is seen by the server in its own time; each turn is a whole exchange.
    void expect_served_again() {
        const auto limit = std::chrono::steady_clock::now() + 10s;
        int status = 0;
        while (status != 200 && std::chrono::steady_clock::now() < limit) {
            status = status_on_new_connection();
        }
        EXPECT_EQ(status, 200);
    }

    test_handler handler;
    std::unique_ptr<running_server> server;
};

TEST_F(http_server, keeps_a_connection_for_more_requests) {
    start();
    auto client = connect();
    for (int i = 0; i < 3; ++i) {
        client.send(plain_request);
        const auto answer = client.read_answer();
        EXPECT_EQ(status_of(answer), 200);
        EXPECT_TRUE(answer.ends_with("ok /plain"));
    }
}

TEST_F(http_server, answers_pipelined_requests_in_order) {
    start();
    auto client = connect();
    client.send(
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_answer().ends_with("ok /1"));
    EXPECT_TRUE(client.read_answer().ends_with("abc"));
    EXPECT_TRUE(client.read_answer().ends_with("ok /3"));
    EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(http_server, answers_a_client_that_has_finished_sending) {
    start();
    auto client = connect();
    client.send(plain_request);
    client.finish_sending();
    EXPECT_EQ(status_of(client.read_to_end()), 200);
}

TEST_F(http_server, sends_no_body_to_head) {
    start();
    auto client = connect();
    client.send("HEAD /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto answer = client.read_to_end();
    EXPECT_TRUE(answer.contains("Content-Length: 9\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(http_server, answers_options_for_itself) {
    start();
    auto client = connect();
    client.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(status_of(answer), 204);
    EXPECT_TRUE(answer.contains("Allow: "));
}

TEST_F(http_server, says_continue_before_the_body) {
    start();
    auto client = connect();
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab");
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\nab"));
}

TEST_F(http_server, refuses_a_large_body_instead_of_asking_for_it) {
    start();
    auto client = connect();
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n\r\n");
    EXPECT_EQ(status_of(client.read_to_end()), 413);
}

TEST_F(http_server, takes_a_body_of_64_kib_and_gives_it_back_whole) {
    start();
    auto client = connect();
    std::string body(std::size_t{64} * 1024, 'b');
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n" + body);
    EXPECT_TRUE(client.read_answer().ends_with("\r\n\r\n" + body));
}

TEST_F(http_server, answers_500_when_a_handler_throws_and_logs_no_content) {
    listening_logger log{"http_handler_threw"};
    start({.log = &log});
    auto client = connect();
    client.send("GET /throw?token=abc HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(status_of(answer), 500);
    EXPECT_TRUE(answer.contains("application/problem+json"));
    EXPECT_FALSE(answer.contains("secret"));
    client.send(plain_request);
    EXPECT_EQ(status_of(client.read_answer()), 200);
    server.reset();
    EXPECT_EQ(log.lines, 1);
    EXPECT_FALSE(log.text.contains("secret") || log.text.contains("abc"));
}

struct abuse {
    std::string_view name;
    std::string text;
    int status;
};
void PrintTo(const abuse& one, std::ostream* out) {
    *out << one.name;
}

class http_abuse : public http_server, public testing::WithParamInterface<abuse> {};

TEST_P(http_abuse, gets_its_status_and_a_close_and_the_next_connection_is_served) {
    start();
    auto client = connect();
    client.send(GetParam().text);
    const auto answer = client.read_to_end();
    EXPECT_EQ(status_of(answer), GetParam().status);
    EXPECT_TRUE(answer.contains("Connection: close\r\n"));
    // Exactly one answer: what was smuggled behind it was not taken for a request.
    EXPECT_EQ(answer.find("HTTP/1.1 ", 1), std::string::npos);
    EXPECT_EQ(status_on_new_connection(), 200);
}

constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(std::string_view headers, std::string_view body) {
    return "POST /echo HTTP/1.1\r\nHost: x\r\n" + std::string{headers} + "\r\n\r\n" + std::string{body} +
           std::string{smuggled};
}

INSTANTIATE_TEST_SUITE_P(
    all, http_abuse,
    testing::Values(
        abuse{"CL.TE", post("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nG"), 400},
        abuse{"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 3", "8\r\nSMUGGLED\r\n0\r\n\r\n"), 400},
        abuse{"TE.TE", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "0\r\n\r\n"), 400},
        abuse{"TE with a blank", post("Transfer-Encoding : chunked", "0\r\n\r\n"), 400},
        abuse{"doubled length", post("Content-Length: 0\r\nContent-Length: 44", ""), 400},
        abuse{"folded", post("X: a\r\n Content-Length: 44", ""), 400},
        abuse{"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
        abuse{"bad chunk", post("Transfer-Encoding: chunked", "zz\r\n"), 400},
        abuse{"no host", "GET / HTTP/1.1\r\n\r\n", 400}, abuse{"noise", "\x16\x03\x01\x02", 400},
        abuse{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        abuse{"unknown method", "FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        abuse{"9 KiB of header", "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(9216, 'a') + "\r\n\r\n", 431},
        abuse{"9 KiB of target", "GET /" + std::string(9216, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
        abuse{"2,000 fields",
              [] {
                  std::string text = "GET / HTTP/1.1\r\nHost: x\r\n";
                  for (int i = 0; i < 2000; ++i) {
                      text += "a: b\r\n";
                  }
                  return text + "\r\n";
              }(),
              431},
        abuse{"1 MiB of body", post("Content-Length: 1048576", std::string(1U << 20U, 'a')), 413},
        abuse{"1 MiB in chunks", post("Transfer-Encoding: chunked", "100000\r\n" + std::string(1U << 20U, 'a')), 413}));

TEST_F(http_server, gives_a_header_that_never_ends_408) {
    start({.request_time = 60ms});
    auto client = connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n");
    EXPECT_EQ(status_of(client.read_to_end()), 408);
    EXPECT_EQ(status_on_new_connection(), 200);
}

TEST_F(http_server, counts_the_time_of_a_request_in_all) {
    start({.request_time = 100ms});
    auto client = connect();
    client.send("GET / HTTP/1.1\r\nHost: x\r\nX: ");
    int bytes = 0;
    while (bytes < 2000 && !client.readable_within(5ms)) {
        client.send("a");
        ++bytes;
    }
    EXPECT_LT(bytes, 2000);
    EXPECT_EQ(status_of(client.read_to_end()), 408);
}

TEST_F(http_server, gives_a_body_that_never_ends_408) {
    start({.request_time = 60ms});
    auto client = connect();
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(status_of(client.read_to_end()), 408);
}

TEST_F(http_server, closes_an_idle_connection_without_a_word) {
    start({.idle_time = 60ms});
    auto fresh = connect();
    EXPECT_EQ(fresh.read_to_end(), "");
    auto used = connect();
    used.send(plain_request);
    EXPECT_EQ(status_of(used.read_answer()), 200);
    EXPECT_EQ(used.read_to_end(), "");
}

TEST_F(http_server, sheds_a_client_that_never_reads) {
    start({.write_time = 60ms, .connections = 1});
    auto greedy = connect();
    greedy.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(greedy.readable_within(10s));
    expect_served_again();
    EXPECT_LT(greedy.read_to_end().size(), 16U << 20U);
}

TEST_F(http_server, gives_connections_beyond_the_limit_503) {
    start({.connections = 2});
    auto first = connect();
    auto second = connect();
    for (auto* client : {&first, &second}) {
        client->send(plain_request);
        EXPECT_EQ(status_of(client->read_answer()), 200);
    }
    {
        auto third = connect();
        EXPECT_EQ(status_of(third.read_to_end()), 503);
    }
    first.send(plain_request);
    EXPECT_EQ(status_of(first.read_answer()), 200);
    {
        const auto gone = std::move(second);
    }
    expect_served_again();
}

TEST_F(http_server, serves_1024_connections_and_refuses_the_next) {
    // Both ends are in this process.
    ::rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::min<::rlim_t>(limit.rlim_max, 4096);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    start();
    std::vector<raw_client> clients;
    clients.reserve(1024);
    for (int i = 0; i < 1024; ++i) {
        clients.push_back(connect());
        clients.back().send(plain_request);
        ASSERT_EQ(status_of(clients.back().read_answer()), 200) << i;
    }
    auto next = connect();
    EXPECT_EQ(status_of(next.read_to_end()), 503);
    clients.front().send(plain_request);
    EXPECT_EQ(status_of(clients.front().read_answer()), 200);
}

TEST_F(http_server, pauses_accepting_while_descriptors_are_out_and_goes_on) {
    listening_logger log{"http_accept_paused"};
    start({.log = &log});
    // The next free descriptor is the client's; the server finds none.
    const int next = ::fcntl(0, F_DUPFD, 0);
    ASSERT_GE(next, 0);
    ::close(next);
    ::rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    auto tight = before;
    tight.rlim_cur = static_cast<::rlim_t>(next) + 1;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    auto client = connect();
    client.send(plain_request);
    EXPECT_EQ(log.seen.get_future().wait_for(10s), std::future_status::ready);
    // A busy loop would have written hundreds of lines in this time; the back-off one or two.
    EXPECT_FALSE(client.readable_within(100ms));
    EXPECT_LE(log.lines, 5);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(status_of(client.read_answer()), 200);
}

TEST_F(http_server, stops_gently) {
    auto& running = start();
    const auto alarm = [&] {
        std::promise<std::unique_ptr<net::alarm>> made;
        running.post([&] { made.set_value(net::make_system_clock(running.context())->make_alarm()); });
        return made.get_future().get();
    }();
    handler.alarm = alarm.get();
    auto idle = connect();
    idle.send(plain_request);
    EXPECT_EQ(status_of(idle.read_answer()), 200);
    auto busy = connect();
    busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    handler.entered.get_future().wait();
    running.post([&] { running.server().stop(); });
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_THROW(connect(), std::system_error);
    running.post([&] { handler.alarm->poke(); });
    const auto answer = busy.read_to_end();
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_TRUE(answer.contains("Connection: close\r\n"));
    running.join();
}

TEST_F(http_server, aborts_what_is_left) {
    auto& running = start();
    const auto alarm = [&] {
        std::promise<std::unique_ptr<net::alarm>> made;
        running.post([&] { made.set_value(net::make_system_clock(running.context())->make_alarm()); });
        return made.get_future().get();
    }();
    handler.alarm = alarm.get();
    auto busy = connect();
    busy.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    handler.entered.get_future().wait();
    running.post([&] { running.server().abort(); });
    EXPECT_EQ(busy.read_to_end(), "");
    running.join();
}

TEST_F(http_server, listens_on_an_inherited_socket) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(socket, 0);
    ::sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the call is made (bind(2))
    ASSERT_EQ(::bind(socket, reinterpret_cast<const ::sockaddr*>(&at), sizeof at), 0);
    ASSERT_EQ(::listen(socket, 8), 0);
    start({.address = "not looked at", .inherited_socket = socket});
    EXPECT_EQ(status_on_new_connection(), 200);
}

TEST_F(http_server, dates_its_answers_by_the_clock_that_it_is_given) {
    boost::asio::io_context elsewhere;
    const test::manual_clock clock{elsewhere, wall_time{std::chrono::sys_days{2028y / 2 / 29} + 10h}};
    start({.clock = &clock});
    raw_client client{server->port()};
    client.send(plain_request);
    EXPECT_TRUE(client.read_answer().contains("Date: Tue, 29 Feb 2028 10:00:00 GMT\r\n"));
}

TEST_F(http_server, names_the_address_that_it_cannot_listen_on) {
    start();
    boost::asio::io_context context;
    const auto second = make_server(context, handler, {.port = server->port()});
    try {
        second->open();
        FAIL() << "two servers on one port";
    } catch (const std::runtime_error& what) {
        EXPECT_EQ(std::string_view{what.what()},
                  "listening on 127.0.0.1 port " + std::to_string(server->port()) + ": Address already in use");
    }
}

TEST(connection_limit, raises_the_soft_limit_and_keeps_the_reserve) {
    ::rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    auto tight = before;
    tight.rlim_cur = 100;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    EXPECT_EQ(connection_limit(200, 50), 200U);
    ::rlimit after{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(after.rlim_cur, 250U);
    EXPECT_EQ(connection_limit(before.rlim_max, 50), before.rlim_max - 50);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace punctual::http
