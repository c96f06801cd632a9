#include "net/https/client.hpp"
#include "net/async/timer.hpp"
#include "support/loop_fixture.hpp"
#include "support/scripted_peer.hpp"

#include <optional>

namespace punctual::net::https {
namespace {

using namespace std::chrono_literals;
using test::certificate_kind;
using test::peer_connection;
using test::scripted_peer;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class https_client_test : public test::loop_fixture {
protected:
    std::unique_ptr<connector> by = make_connector(context, {});

    std::unique_ptr<client> client_of(const scripted_peer& peer, std::size_t connections = 2,
                                      std::chrono::seconds idle_limit = 30s) {
        return make_client(context.get_executor(), *by,
                           {{"127.0.0.1", peer.port(), transport::plain}, connections, 5s, idle_limit});
    }
    result<response> send(client& to, method how = method::post, std::chrono::milliseconds time = 5s) {
        request what{how, "/path", {{"Authorization", "Basic c2VjcmV0"}}, how == method::post ? "a=b" : ""};
        return run(to.send(std::move(what), deadline::max(), within(time)));
    }
    // The error of one POST to a peer that answers with these bytes and then stays.
    error error_after(std::string bytes, std::chrono::milliseconds time = 5s) {
        const scripted_peer peer{context, [&](peer_connection& to) -> task<> {
                                     co_await to.read_request();
                                     co_await to.send(bytes);
                                     co_await to.hang();
                                 }};
        const auto to = client_of(peer);
        const auto answer = send(*to, method::post, time);
        return answer ? error{} : answer.error();
    }
};

task<> answer_all(peer_connection& peer) {
    while (!(co_await peer.read_request()).empty()) {
        co_await peer.send(ok);
    }
}
// Answers once; then closes, so that the kept connection is dead.
task<> answer_once_and_close(peer_connection& peer) {
    co_await peer.read_request();
    co_await peer.send(ok);
    co_await peer.close();
    co_await peer.wait_for_close();
}

TEST_F(https_client_test, keeps_a_connection_for_the_next_request) {
    const scripted_peer peer{context, answer_all};
    const auto to = client_of(peer);
    EXPECT_EQ(send(*to).value().body, "ok");
    EXPECT_EQ(send(*to).value().body, "ok");
    EXPECT_EQ(peer.accepted(), 1U);
}

TEST_F(https_client_test, an_idle_connection_beyond_the_limit_is_not_used) {
    const scripted_peer peer{context, answer_all};
    const auto to = client_of(peer, 2, 0s);
    EXPECT_TRUE(send(*to));
    EXPECT_TRUE(send(*to));
    EXPECT_EQ(peer.accepted(), 2U);
}

TEST_F(https_client_test, a_kept_connection_that_the_peer_closed_is_replaced) {
    const scripted_peer peer{context, answer_once_and_close};
    const auto to = client_of(peer);
    EXPECT_TRUE(send(*to));
    while (context.poll() > 0) {
    }
    EXPECT_TRUE(send(*to));
    EXPECT_EQ(peer.accepted(), 2U);
}

TEST_F(https_client_test, a_post_that_a_dying_kept_connection_took_is_not_repeated) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.read_request();
                                 co_await to.send(ok);
                                 co_await to.read_request();
                                 to.reset();
                             }};
    const auto to = client_of(peer);
    ASSERT_TRUE(send(*to));
    const auto answer = send(*to);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::lost);
    EXPECT_EQ(peer.accepted(), 1U);
}

TEST_F(https_client_test, a_get_that_a_dying_kept_connection_took_goes_once_more) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.read_request();
                                 co_await to.send(ok);
                                 co_await to.read_request();
                                 if (to.number() == 0) {
                                     to.reset();
                                 }
                             }};
    const auto to = client_of(peer);
    ASSERT_TRUE(send(*to, method::get));
    EXPECT_TRUE(send(*to, method::get));
    EXPECT_EQ(peer.accepted(), 2U);
}

TEST_F(https_client_test, bytes_after_an_answer_close_the_connection) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.read_request();
                                 co_await to.send(ok + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
                                 co_await to.wait_for_close();
                             }};
    const auto to = client_of(peer);
    EXPECT_EQ(send(*to).value().body, "ok");
    EXPECT_EQ(send(*to).value().body, "ok");
    EXPECT_EQ(peer.accepted(), 2U);
}

TEST_F(https_client_test, a_redirect_is_an_answer_and_is_not_followed) {
    const scripted_peer elsewhere{context, answer_all};
    const scripted_peer peer{context, [&](peer_connection& to) -> task<> {
                                 co_await to.read_request();
                                 co_await to.send("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:" +
                                                  std::to_string(elsewhere.port()) + "/\r\nContent-Length: 0\r\n\r\n");
                                 co_await to.wait_for_close();
                             }};
    const auto to = client_of(peer);
    EXPECT_EQ(send(*to).value().status, 307U);
    EXPECT_EQ(peer.accepted(), 1U);
    EXPECT_EQ(elsewhere.accepted(), 0U);
}

TEST_F(https_client_test, silence_ends_at_the_total_deadline) {
    const auto before = boot_now();
    EXPECT_EQ(error_after("", 100ms).code, https_errc::timed_out);
    EXPECT_LT(boot_now() - before, 3s);
}

TEST_F(https_client_test, a_slow_drip_hits_the_total_deadline) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.read_request();
                                 co_await to.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
                                 // A byte for each turn of a timer: never silent, never done.
                                 steady_timer pace{to.socket().get_executor()};
                                 while (to.socket().is_open()) {
                                     co_await to.send("x");
                                     pace.expires_after(5ms);
                                     co_await pace.async_wait(use_result);
                                 }
                             }};
    const auto to = client_of(peer);
    const auto before = boot_now();
    const auto answer = send(*to, method::post, 150ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::timed_out);
    EXPECT_LT(boot_now() - before, 3s);
}

TEST_F(https_client_test, endless_interim_answers_end) {
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    EXPECT_EQ(error_after(many).code, https_errc::bad_answer);
}

TEST_F(https_client_test, a_huge_head_is_a_bad_answer) {
    EXPECT_EQ(error_after("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')).code, https_errc::bad_answer);
}

TEST_F(https_client_test, a_huge_body_is_a_bad_answer) {
    EXPECT_EQ(error_after("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(3U << 20U, 'x')).code,
              https_errc::bad_answer);
}

TEST_F(https_client_test, a_cut_answer_is_a_bad_answer) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.read_request();
                                 co_await to.send("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{");
                                 co_await to.close();
                                 co_await to.wait_for_close();
                             }};
    const auto to = client_of(peer);
    const auto answer = send(*to);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::bad_answer);
}

TEST_F(https_client_test, refused_is_not_connected_with_nothing_written) {
    std::optional<scripted_peer> peer{std::in_place, context, answer_all};
    const auto to = client_of(*peer);
    peer.reset();
    const auto answer = send(*to);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::not_connected);
}

TEST_F(https_client_test, a_lost_lease_writes_nothing_and_keeps_the_connection) {
    const scripted_peer peer{context, answer_all};
    const auto to = client_of(peer);
    const auto answer = run(to->send({method::post, "/", {}, "a=b"}, boot_now() - 1ms, within(5s)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::lease_lost);
    EXPECT_TRUE(send(*to));
    EXPECT_EQ(peer.accepted(), 1U);
}

// Two requests at once on a client with one connection.
struct two_requests {
    result<response> answers[2] = {failure(https_errc::lost), failure(https_errc::lost)};
    task_group group;

    two_requests(boost::asio::io_context& loop, client& to, deadline first, deadline second)
        : group{loop.get_executor(), {}} {
        group.spawn("first", ask(to, first, 0));
        group.spawn("second", ask(to, second, 1));
    }
    task<> ask(client& to, deadline until, std::size_t which) {
        request what{method::post, "/", {}, "a=b"};
        answers[which] = co_await to.send(std::move(what), deadline::max(), until);
    }
};

TEST_F(https_client_test, a_request_waits_for_its_turn) {
    const scripted_peer peer{context, answer_all};
    const auto to = client_of(peer, 1);
    two_requests both{context, *to, within(5s), within(5s)};
    test::run_group(context, both.group);
    EXPECT_TRUE(both.answers[0]);
    EXPECT_TRUE(both.answers[1]);
    EXPECT_EQ(peer.accepted(), 1U);
}

TEST_F(https_client_test, waiting_for_a_turn_ends_at_the_deadline_with_nothing_written) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> { co_await to.hang(); }};
    const auto to = client_of(peer, 1);
    two_requests both{context, *to, within(200ms), within(50ms)};
    test::run_group(context, both.group);
    EXPECT_EQ(both.answers[0].error().code, https_errc::timed_out);
    EXPECT_EQ(both.answers[1].error().code, https_errc::no_turn);
    EXPECT_EQ(peer.accepted(), 1U);
}

TEST_F(https_client_test, a_cancelled_request_that_waits_was_not_written_and_one_under_way_is_lost) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> { co_await to.hang(); }};
    const auto to = client_of(peer, 1);
    two_requests both{context, *to, within(1h), within(1h)};
    while (peer.accepted() == 0) {
        context.run_one();
    }
    while (context.poll() > 0) {
    }
    test::cancel_group(context, both.group);
    EXPECT_EQ(both.answers[0].error().code, https_errc::lost);
    EXPECT_EQ(both.answers[1].error().code, https_errc::cancelled);
}

TEST_F(https_client_test, an_expired_certificate_is_refused_with_nothing_written) {
    const test::certificate_authority ca;
    const auto trusting = make_connector(context, ca.file());
    const auto shown = test::make_server_context(ca.issue(certificate_kind::expired));
    const scripted_peer peer{context, answer_all, shown.get()};
    const auto to =
        make_client(context.get_executor(), *trusting, {{"localhost", peer.port(), transport::tls}, 2, 5s, 30s});
    const auto answer = send(*to);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::certificate_refused);
    EXPECT_EQ(answer.error().detail, "localhost: the certificate has expired");
}

TEST_F(https_client_test, keeps_a_tls_connection) {
    const test::certificate_authority ca;
    const auto trusting = make_connector(context, ca.file());
    const auto shown = test::make_server_context(ca.issue(certificate_kind::good));
    const scripted_peer peer{context, answer_all, shown.get()};
    const auto to =
        make_client(context.get_executor(), *trusting, {{"localhost", peer.port(), transport::tls}, 2, 5s, 30s});
    EXPECT_TRUE(send(*to));
    EXPECT_TRUE(send(*to));
    EXPECT_EQ(peer.accepted(), 1U);
}

class https_certificate : public https_client_test, public testing::WithParamInterface<certificate_kind> {};

TEST_P(https_certificate, that_is_bad_gets_no_byte_of_a_request) {
    const test::certificate_authority ca;
    const auto trusting = make_connector(context, ca.file());
    const auto shown = test::make_server_context(ca.issue(GetParam()));
    std::size_t conversations = 0;
    const scripted_peer peer{context,
                             [&](peer_connection& to) -> task<> {
                                 ++conversations;
                                 co_await to.wait_for_close();
                             },
                             shown.get()};
    const auto to =
        make_client(context.get_executor(), *trusting, {{"localhost", peer.port(), transport::tls}, 2, 5s, 30s});
    const auto answer = send(*to);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::certificate_refused);
    EXPECT_EQ(conversations, 0U);
}

INSTANTIATE_TEST_SUITE_P(https, https_certificate,
                         testing::Values(certificate_kind::expired, certificate_kind::not_yet_valid,
                                         certificate_kind::wrong_host, certificate_kind::self_signed,
                                         certificate_kind::unknown_issuer));

TEST_F(https_client_test, writes_nothing_for_a_provider_that_is_held_meanwhile) {
    const scripted_peer peer{context, answer_all};
    const auto to = client_of(peer);
    domain::lease lease{boot_time::max()};
    lease.withhold();
    const auto answer = run(to->send({method::post, "/", {}, "a=b"}, lease, within(5s)));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::lease_lost);
}

TEST_F(https_client_test, a_name_that_is_not_there_is_not_connected) {
    const auto to = make_client(context.get_executor(), *by, {{"nobody.invalid", 443, transport::tls}, 2, 5s, 30s});
    const auto answer = send(*to);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, https_errc::not_connected);
}

}  // namespace
}  // namespace punctual::net::https
