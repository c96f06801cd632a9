#include "net/async/connector.hpp"
#include "support/loop_fixture.hpp"
#include "support/scripted_peer.hpp"

#include <array>
#include <mutex>

namespace punctual::net {
namespace {

using namespace std::chrono_literals;
using test::certificate_kind;
using test::peer_connection;
using test::scripted_peer;

using connected = result<std::unique_ptr<byte_stream>>;

class connector_test : public test::loop_fixture {
protected:
    std::unique_ptr<connector> plain = make_connector(context, {});

    connected connect(connector& by, endpoint to, std::chrono::milliseconds time = 5s) {
        return run(by.connect(std::move(to), within(time)));
    }
    std::unique_ptr<byte_stream> connect_plain(const scripted_peer& peer) {
        auto made = connect(*plain, {"127.0.0.1", peer.port(), transport::plain});
        EXPECT_TRUE(made) << made.error().message();
        return made ? std::move(*made) : nullptr;
    }
    result<std::string> read(byte_stream& from, std::chrono::milliseconds time = 5s) {
        std::array<char, 256> block{};
        const auto got = run(from.read_some(block, within(time)));
        if (!got) {
            return std::unexpected{got.error()};
        }
        return std::string{block.data(), *got};
    }
};

task<> echo(peer_connection& peer) {
    const auto line = co_await peer.read_through("\n");
    co_await peer.send(line);
    co_await peer.wait_for_close();
}
task<> hang(peer_connection& peer) {
    co_await peer.hang();
}
task<> say_nothing_and_close(peer_connection& peer) {
    co_await peer.close();
    co_await peer.wait_for_close();
}

TEST_F(connector_test, carries_bytes_both_ways) {
    const scripted_peer peer{context, echo};
    const auto stream = connect_plain(peer);
    ASSERT_TRUE(run(stream->write("hello\n", within(5s))));
    EXPECT_EQ(stream->bytes_written(), 6U);
    EXPECT_EQ(read(*stream).value(), "hello\n");
}

TEST_F(connector_test, resolves_a_name_off_the_loop) {
    const scripted_peer peer{context, echo};
    const auto made = connect(*plain, {"localhost", peer.port(), transport::plain});
    EXPECT_TRUE(made) << made.error().message();
}

TEST_F(connector_test, says_closed_at_an_orderly_end) {
    const scripted_peer peer{context, say_nothing_and_close};
    const auto stream = connect_plain(peer);
    EXPECT_EQ(read(*stream).error().code, stream_errc::closed);
}

TEST_F(connector_test, says_reset_when_the_connection_breaks) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.read_through("\n");
                                 to.reset();
                             }};
    const auto stream = connect_plain(peer);
    ASSERT_TRUE(run(stream->write("x\n", within(5s))));
    EXPECT_EQ(read(*stream).error().code, stream_errc::reset);
}

TEST_F(connector_test, a_read_ends_at_its_deadline_and_closes_the_stream) {
    const scripted_peer peer{context, hang};
    const auto stream = connect_plain(peer);
    const auto before = boot_now();
    EXPECT_EQ(read(*stream, 50ms).error().code, stream_errc::timed_out);
    EXPECT_GE(boot_now() - before, 50ms);
    EXPECT_EQ(read(*stream).error().code, stream_errc::closed);
    EXPECT_TRUE(stream->is_stale());
}

TEST_F(connector_test, a_write_ends_at_its_deadline_when_nobody_reads) {
    const scripted_peer peer{context, hang};
    const auto stream = connect_plain(peer);
    const std::string much(64U << 20U, 'x');
    const auto written = run(stream->write(much, within(100ms)));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, stream_errc::timed_out);
    EXPECT_GT(stream->bytes_written(), 0U);
    EXPECT_LT(stream->bytes_written(), much.size());
}

TEST_F(connector_test, a_passed_deadline_writes_nothing) {
    const scripted_peer peer{context, hang};
    const auto stream = connect_plain(peer);
    EXPECT_EQ(run(stream->write("x", boot_now() - 1ms)).error().code, stream_errc::timed_out);
    EXPECT_EQ(stream->bytes_written(), 0U);
}

struct pending_read {
    pending_read(boost::asio::io_context& loop, byte_stream& stream) : group{loop.get_executor(), {}} {
        group.spawn("read", store(stream));
        while (loop.poll() > 0) {
        }
    }
    task<> store(byte_stream& stream) { got = co_await stream.read_some(block, boot_now() + 1h); }

    std::array<char, 16> block{};
    result<std::size_t> got = 0;
    task_group group;
};

TEST_F(connector_test, a_hard_cancellation_ends_a_read_and_closes_the_stream) {
    const scripted_peer peer{context, hang};
    const auto stream = connect_plain(peer);
    pending_read read{context, *stream};
    ASSERT_EQ(read.group.size(), 1U);
    test::cancel_group(context, read.group);
    ASSERT_FALSE(read.got);
    EXPECT_EQ(read.got.error().code, stream_errc::cancelled);
    EXPECT_TRUE(stream->is_stale());
}

TEST_F(connector_test, close_ends_a_pending_read_with_cancelled) {
    const scripted_peer peer{context, hang};
    const auto stream = connect_plain(peer);
    pending_read read{context, *stream};
    ASSERT_EQ(read.group.size(), 1U);
    stream->close();
    test::run_group(context, read.group);
    ASSERT_FALSE(read.got);
    EXPECT_EQ(read.got.error().code, stream_errc::cancelled);
}

TEST_F(connector_test, an_idle_stream_holds_nothing_in_the_loop) {
    std::unique_ptr<byte_stream> stream;
    {
        const scripted_peer peer{context, echo};
        stream = connect_plain(peer);
        ASSERT_TRUE(run(stream->write("hello\n", within(1h))));
        ASSERT_TRUE(read(*stream, 1h));
    }
    context.restart();
    context.run();  // would stay for an hour
    EXPECT_TRUE(context.stopped());
}

TEST_F(connector_test, a_quiet_kept_connection_is_not_stale) {
    const scripted_peer peer{context, echo};
    const auto stream = connect_plain(peer);
    ASSERT_TRUE(run(stream->write("hello\n", within(5s))));
    ASSERT_TRUE(read(*stream));
    EXPECT_FALSE(stream->is_stale());
}

TEST_F(connector_test, an_unasked_byte_makes_a_connection_stale) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.send("surprise");
                                 co_await to.wait_for_close();
                             }};
    const auto stream = connect_plain(peer);
    while (!stream->is_stale()) {
        context.run_one_for(1s);
    }
    EXPECT_TRUE(stream->is_stale());
}

TEST_F(connector_test, refused_everywhere_is_connect_refused_and_names_the_place) {
    std::uint16_t port = 0;
    {
        boost::asio::io_context other;
        task_group none{other.get_executor(), {}};
        boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, executor> taken{
            other.get_executor(), {boost::asio::ip::make_address("127.0.0.1"), 0}};
        port = taken.local_endpoint().port();
    }
    const auto made = connect(*plain, {"127.0.0.1", port, transport::plain});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, stream_errc::connect_refused);
    EXPECT_EQ(made.error().detail, "127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_F(connector_test, a_dead_first_address_does_not_hold_up_the_second) {
    const scripted_peer peer{context, echo};
    // 192.0.2.1 (RFC 5737) is nowhere: either unreachable at once or silent.
    const auto two = [](const std::string&) -> result<address_list> {
        return address_list{boost::asio::ip::make_address("192.0.2.1"), boost::asio::ip::make_address("127.0.0.1")};
    };
    const auto by = make_connector(context, {}, std::make_unique<resolver>(context.get_executor(), two));
    const auto before = boot_now();
    const auto made = connect(*by, {"dual.example", peer.port(), transport::plain});
    EXPECT_TRUE(made) << made.error().message();
    EXPECT_LT(boot_now() - before, 2s);
}

TEST_F(connector_test, a_dead_ipv6_address_falls_back_to_ipv4) {
    const scripted_peer peer{context, echo};
    const auto two = [](const std::string&) -> result<address_list> {
        return address_list{boost::asio::ip::make_address("::1"), boost::asio::ip::make_address("127.0.0.1")};
    };
    const auto by = make_connector(context, {}, std::make_unique<resolver>(context.get_executor(), two));
    const auto made = connect(*by, {"dual.example", peer.port(), transport::plain});
    EXPECT_TRUE(made) << made.error().message();
}

// A name server that never answers; let go at the end of the test, since its thread is nobody's to join.
struct dead_name_server {
    std::shared_ptr<std::mutex> gate = std::make_shared<std::mutex>();
    std::unique_lock<std::mutex> held{*gate};

    [[nodiscard]] lookup_function function() const {
        return [held_gate = gate](const std::string& host) -> result<address_list> {
            if (host == "dead.example") {
                const std::lock_guard wait{*held_gate};
            }
            return address_list{boost::asio::ip::make_address("127.0.0.1")};
        };
    }
};

TEST_F(connector_test, a_dead_name_server_costs_its_caller_the_deadline_only) {
    const dead_name_server dead;
    const scripted_peer peer{context, echo};
    const auto by = make_connector(context, {}, std::make_unique<resolver>(context.get_executor(), dead.function()));
    const auto lost = connect(*by, {"dead.example", peer.port(), transport::plain}, 50ms);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, stream_errc::resolve_failed);
    const auto made = connect(*by, {"alive.example", peer.port(), transport::plain});
    EXPECT_TRUE(made) << made.error().message();
}

TEST_F(connector_test, the_resolver_goes_while_a_look_up_hangs) {
    const dead_name_server dead;
    auto by = make_connector(context, {}, std::make_unique<resolver>(context.get_executor(), dead.function()));
    EXPECT_FALSE(connect(*by, {"dead.example", 1, transport::plain}, 20ms));
    by.reset();  // returns though the look-up has not
    context.restart();
    EXPECT_EQ(context.run(), 0U);
}

class tls_connector_test : public connector_test {
protected:
    test::certificate_authority ca;
    std::unique_ptr<connector> trusting = make_connector(context, ca.file());

    error refused(certificate_kind kind, const std::string& host = "localhost") {
        const auto shown = test::make_server_context(ca.issue(kind));
        const scripted_peer peer{context, echo, shown.get()};
        const auto made = connect(*trusting, {host, peer.port(), transport::tls});
        return made ? error{} : made.error();
    }
};

TEST_F(tls_connector_test, carries_bytes_over_tls_verified_by_name) {
    const auto shown = test::make_server_context(ca.issue(certificate_kind::good));
    const scripted_peer peer{context, echo, shown.get()};
    const auto made = connect(*trusting, {"localhost", peer.port(), transport::tls});
    ASSERT_TRUE(made) << made.error().message();
    ASSERT_TRUE(run((*made)->write("hello\n", within(5s))));
    EXPECT_EQ(read(**made).value(), "hello\n");
    EXPECT_EQ((*made)->bytes_written(), 6U);
    EXPECT_FALSE((*made)->is_stale());
}

TEST_F(tls_connector_test, verifies_an_ip_address_against_the_certificates_addresses) {
    const auto shown = test::make_server_context(ca.issue(certificate_kind::good));
    const scripted_peer peer{context, echo, shown.get()};
    const auto made = connect(*trusting, {"127.0.0.1", peer.port(), transport::tls});
    EXPECT_TRUE(made) << made.error().message();
}

TEST_F(tls_connector_test, starts_tls_on_a_plain_connection) {
    const auto shown = test::make_server_context(ca.issue(certificate_kind::good));
    const scripted_peer peer{context, [&](peer_connection& to) -> task<> {
                                 co_await to.read_through("STARTTLS\n");
                                 co_await to.send("ok\n");
                                 co_await to.start_tls(shown.get());
                                 co_await echo(to);
                             }};
    const auto made = connect(*trusting, {"localhost", peer.port(), transport::plain});
    ASSERT_TRUE(made) << made.error().message();
    ASSERT_TRUE(run((*made)->write("STARTTLS\n", within(5s))));
    ASSERT_EQ(read(**made).value(), "ok\n");
    const auto secured = run((*made)->start_tls("localhost", within(5s)));
    ASSERT_TRUE(secured) << secured.error().message();
    ASSERT_TRUE(run((*made)->write("in secret\n", within(5s))));
    EXPECT_EQ(read(**made).value(), "in secret\n");
}

TEST_F(tls_connector_test, refuses_an_expired_certificate_and_says_so) {
    const auto why = refused(certificate_kind::expired);
    EXPECT_EQ(why.code, stream_errc::tls_refused);
    EXPECT_EQ(why.detail, "localhost: the certificate has expired");
}

TEST_F(tls_connector_test, refuses_a_certificate_of_the_future_and_says_so) {
    const auto why = refused(certificate_kind::not_yet_valid);
    EXPECT_EQ(why.code, stream_errc::tls_refused);
    EXPECT_EQ(why.detail, "localhost: the certificate is not yet valid");
}

TEST_F(tls_connector_test, refuses_a_certificate_for_another_host_and_says_so) {
    const auto why = refused(certificate_kind::wrong_host);
    EXPECT_EQ(why.code, stream_errc::tls_refused);
    EXPECT_EQ(why.detail, "localhost: the certificate is for another host");
}

TEST_F(tls_connector_test, refuses_a_certificate_for_another_address_and_says_so) {
    const auto why = refused(certificate_kind::wrong_host, "127.0.0.1");
    EXPECT_EQ(why.code, stream_errc::tls_refused);
    EXPECT_EQ(why.detail, "127.0.0.1: the certificate is for another host");
}

TEST_F(tls_connector_test, refuses_a_self_signed_certificate_and_says_so) {
    const auto why = refused(certificate_kind::self_signed);
    EXPECT_EQ(why.code, stream_errc::tls_refused);
    EXPECT_EQ(why.detail, "localhost: the certificate is self-signed");
}

TEST_F(tls_connector_test, refuses_an_unknown_issuer_and_says_so) {
    const auto why = refused(certificate_kind::unknown_issuer);
    EXPECT_EQ(why.code, stream_errc::tls_refused);
    EXPECT_EQ(why.detail, "localhost: the certificate's issuer is unknown");
}

TEST_F(tls_connector_test, a_peer_that_does_not_speak_tls_is_tls_failed) {
    const scripted_peer peer{context, [](peer_connection& to) -> task<> {
                                 co_await to.send("220 not a handshake\r\n");
                                 co_await to.wait_for_close();
                             }};
    const auto made = connect(*trusting, {"localhost", peer.port(), transport::tls});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, stream_errc::tls_failed);
}

TEST_F(tls_connector_test, a_hung_handshake_ends_at_the_deadline) {
    const scripted_peer peer{context, hang};
    const auto made = connect(*trusting, {"localhost", peer.port(), transport::tls}, 100ms);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, stream_errc::timed_out);
}

TEST_F(tls_connector_test, close_notify_is_closed_and_a_cut_is_reset) {
    const auto shown = test::make_server_context(ca.issue(certificate_kind::good));
    const scripted_peer peer{context,
                             [](peer_connection& to) -> task<> {
                                 if (to.number() == 0) {
                                     co_await to.close();
                                     co_await to.wait_for_close();
                                 } else {
                                     boost::system::error_code ignored;
                                     to.socket().shutdown(tcp_socket::shutdown_send, ignored);
                                     co_await to.hang();
                                 }
                             },
                             shown.get()};
    const auto orderly = connect(*trusting, {"localhost", peer.port(), transport::tls});
    ASSERT_TRUE(orderly) << orderly.error().message();
    EXPECT_EQ(read(**orderly).error().code, stream_errc::closed);
    const auto cut = connect(*trusting, {"localhost", peer.port(), transport::tls});
    ASSERT_TRUE(cut) << cut.error().message();
    EXPECT_EQ(read(**cut).error().code, stream_errc::reset);
}

TEST_F(tls_connector_test, a_ca_file_that_cannot_be_read_is_told_at_once) {
    EXPECT_THROW(static_cast<void>(make_connector(context, "/nowhere/ca.pem")), std::runtime_error);
}

}  // namespace
}  // namespace punctual::net
