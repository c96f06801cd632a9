// What systemd, an operator and a wrong configuration see of the programs.

#include "support/clinic.hpp"
#include "support/server_process.hpp"
#include "support/sql_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fstream>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

// Stands where systemd does at the other end of $NOTIFY_SOCKET (sd_notify(3)).
class notify_socket {
public:
    explicit notify_socket(std::filesystem::path path) : path_{std::move(path)} {
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
        if (::bind(socket_, reinterpret_cast<::sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error{"no notify socket at " + path_.string()};
        }
    }
    ~notify_socket() { ::close(socket_); }
    notify_socket(const notify_socket&) = delete;
    notify_socket& operator=(const notify_socket&) = delete;

    // Until a datagram with that line has come; false when none does within `limit`.
    bool hears(std::string_view line, std::chrono::milliseconds limit) {
        const auto until = std::chrono::steady_clock::now() + limit;
        while (heard_.find(line) == std::string::npos) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
            ::pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
            if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) {
                return false;
            }
            std::array<char, 1024> datagram{};
            const auto got = ::recv(socket_, datagram.data(), datagram.size(), 0);
            heard_.append(datagram.data(), got > 0 ? static_cast<std::size_t>(got) : 0).append("\n");
        }
        return true;
    }
    [[nodiscard]] const std::string& heard() const { return heard_; }
    void forget() { heard_.clear(); }

private:
    std::filesystem::path path_;
    int socket_ = -1;
    std::string heard_;
};

std::string run(const clinic& with, std::vector<std::string> arguments, program::environment environment, int& code) {
    const auto log = with.folder() / "command.log";
    std::filesystem::remove(log);
    arguments.insert(arguments.begin(), with.program_path("punctuald"));
    program command{std::move(arguments), environment, log};
    code = command.wait(30s).value_or(-1);
    return command.output();
}

TEST(service, tells_systemd_that_it_is_ready_alive_and_stopping) {
    clinic clinic{""};
    notify_socket systemd{clinic.folder() / "notify"};
    clinic.environment["NOTIFY_SOCKET"] = (clinic.folder() / "notify").string();
    clinic.environment["WATCHDOG_USEC"] = "300000";
    clinic.start();
    ASSERT_TRUE(systemd.hears("READY=1", 5s));
    systemd.forget();
    EXPECT_TRUE(systemd.hears("WATCHDOG=1", 2s));
    systemd.forget();
    EXPECT_TRUE(systemd.hears("WATCHDOG=1", 2s));
    EXPECT_EQ(clinic.stop(), 0);
    EXPECT_TRUE(systemd.hears("STOPPING=1", 1s));
}

TEST(service, does_not_say_ready_before_the_first_snapshot) {
    clinic clinic{""};
    clinic.book(clinic.add_patient(), clinic.add_psychologist(), 48h);
    notify_socket systemd{clinic.folder() / "notify"};
    clinic.environment["NOTIFY_SOCKET"] = (clinic.folder() / "notify").string();
    sql_session holder{clinic.database()};
    holder.run("begin; lock table punctual.appointment in access exclusive mode");
    clinic.launch();
    const auto snapshot_waits = [&] {
        return clinic.sql(
                   "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ilike "
                   "'%copy%feed_appointment%'") == "1";
    };
    ASSERT_TRUE(becomes_true(snapshot_waits, 30s, 20ms)) << clinic.daemon().output();
    EXPECT_EQ(clinic.get("/healthz").status, 200);
    EXPECT_EQ(clinic.get("/readyz").status, 503);
    EXPECT_FALSE(systemd.hears("READY=1", 300ms));
    EXPECT_THAT(clinic.daemon().output(), Not(HasSubstr("snapshot_loaded")));

    holder.run("rollback");
    EXPECT_TRUE(systemd.hears("READY=1", 30s)) << clinic.daemon().output();
    // The log has a thread of its own.
    EXPECT_TRUE(
        becomes_true([&] { return clinic.daemon().output().find("snapshot_loaded") != std::string::npos; }, 30s));
    EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 200; }, 30s));
    EXPECT_EQ(clinic.stop(), 0);
}

TEST(service, does_not_say_ready_before_the_database_is_there) {
    clinic clinic{""};
    notify_socket systemd{clinic.folder() / "notify"};
    clinic.postgres().stop();
    program daemon{{clinic.program_path("punctuald"), "serve"},
                   [&] {
                       auto with = clinic.whole_environment();
                       with["NOTIFY_SOCKET"] = (clinic.folder() / "notify").string();
                       return with;
                   }(),
                   clinic.folder() / "early.log"};
    ASSERT_TRUE(becomes_true([&] { return clinic.get("/healthz").status == 200; }, 10s)) << daemon.output();
    EXPECT_EQ(clinic.get("/readyz").status, 503);
    EXPECT_THAT(systemd.heard(), Not(HasSubstr("READY=1")));
    clinic.postgres().start();
    EXPECT_TRUE(systemd.hears("READY=1", 10s)) << daemon.output();
    EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 200; }, 5s));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(20s), 0);
}

TEST(service, serves_the_socket_that_systemd_opened) {
    clinic clinic{""};
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening, reinterpret_cast<::sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listening, 16), 0);
    ::socklen_t size = sizeof address;
    ::getsockname(listening, reinterpret_cast<::sockaddr*>(&address), &size);
    auto with = clinic.whole_environment();
    with["PORT"] = "1";  // could not be bound by the test's wish: the socket wins
    program daemon{{clinic.program_path("punctuald")}, with, clinic.folder() / "socket.log", {listening}};
    ::close(listening);
    const auto url = "curl -s -o /dev/null -w '%{http_code}' --max-time 10 http://127.0.0.1:" +
                     std::to_string(ntohs(address.sin_port)) + "/healthz";
    const auto says_200 = [&] {
        FILE* pipe = ::popen(url.c_str(), "r");
        std::array<char, 8> text{};
        const auto got = std::fread(text.data(), 1, text.size(), pipe);
        ::pclose(pipe);
        return std::string_view{text.data(), got} == "200";
    };
    EXPECT_TRUE(becomes_true(says_200, 10s)) << daemon.output();
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(20s), 0) << daemon.output();
}

TEST(service, stops_in_bounded_time_while_the_database_is_away) {
    clinic clinic{""};
    clinic.start();
    clinic.postgres().stop(stop_mode::immediate);
    EXPECT_EQ(clinic.stop(), 0) << clinic.daemon().output();
}

TEST(service, ignores_sigpipe_and_sighup) {
    clinic clinic{""};
    clinic.start();
    clinic.daemon().signal(SIGHUP);
    clinic.daemon().signal(SIGPIPE);
    EXPECT_TRUE(becomes_true([&] { return clinic.daemon().output().find("hangup_ignored") != std::string::npos; }, 5s));
    EXPECT_EQ(clinic.get("/healthz").status, 200);
    EXPECT_EQ(clinic.stop(), 0);
}

TEST(service, refuses_a_database_that_was_not_migrated_and_names_the_remedy) {
    clinic clinic{""};
    clinic.postgres().create_database("empty");
    auto with = clinic.whole_environment();
    with["DATABASE_URL"] = clinic.postgres().uri("empty");
    int code = 0;
    const auto said = run(clinic, {"serve"}, with, code);
    EXPECT_EQ(code, 1);
    EXPECT_THAT(said, HasSubstr("punctuald migrate"));
}

TEST(service, tells_every_mistake_of_the_configuration_and_no_secret) {
    clinic clinic{""};
    auto with = clinic.whole_environment();
    with["PORT"] = "eighty";
    with["SECRET_KEY"] = "short-secret";
    std::ofstream{clinic.folder() / "wrong.toml"} << "colour = \"red\"\n";
    int code = 0;
    const auto said = run(clinic, {"serve", "--config", (clinic.folder() / "wrong.toml").string()}, with, code);
    EXPECT_EQ(code, 1);
    EXPECT_THAT(said, HasSubstr("PORT: found \"eighty\""));
    EXPECT_THAT(said, HasSubstr("colour: unknown key"));
    EXPECT_THAT(said, HasSubstr("SECRET_KEY: found 12 characters"));
    EXPECT_THAT(said, Not(HasSubstr("short-secret")));
}

TEST(service, answers_bad_usage_with_one_sentence_and_exit_code_2) {
    clinic clinic{""};
    int code = 0;
    EXPECT_THAT(run(clinic, {"remind"}, {}, code), HasSubstr("punctuald: "));
    EXPECT_EQ(code, 2);
    EXPECT_THAT(run(clinic, {"migrate", "--adapter", "oracle"}, {}, code), HasSubstr("django"));
    EXPECT_EQ(code, 2);
    EXPECT_THAT(run(clinic, {"--version"}, {}, code), HasSubstr("punctuald 0."));
    EXPECT_EQ(code, 0);
    EXPECT_THAT(run(clinic, {"--help"}, {}, code), HasSubstr("migrate"));
    EXPECT_EQ(code, 0);
}

TEST(service, logs_no_name_address_phone_or_link) {
    clinic clinic{compressed_plan(4, 3, 2)};
    clinic.environment["LOG_LEVEL"] = "debug";
    clinic.start();
    const auto patient = clinic.add_patient("Robin Unmistakable");
    clinic.book(patient, clinic.add_psychologist(), 6s);
    ASSERT_TRUE(clinic.arrives("reminder_15m", 3, 15s));
    EXPECT_EQ(clinic.get("/api/appointments/upcoming/", patient).status, 200);
    EXPECT_EQ(clinic.stop(), 0);
    const auto log = clinic.daemon().output();
    for (const auto* personal : {"Unmistakable", "patient.example", "harbour.example", "491570156", "0491 570",
                                 "video-session/", "eyJ", "Dr Sam"}) {
        EXPECT_THAT(log, Not(HasSubstr(personal)));
    }
}

}  // namespace
