// The limits of the process: no descriptors left for more callers, a log that nobody takes, a stop in a storm or
// while a provider hangs. Messages go out all the same.

#include "support/clinic.hpp"
#include "support/server_process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

// The daemon started by a shell, which sets what only a process can set for its successor.
std::unique_ptr<program> start_by_shell(const clinic& with, const std::string& before, const std::string& streams) {
    auto made = std::make_unique<program>(
        std::vector<std::string>{"/bin/sh", "-c",
                                 before + "exec \"" + with.program_path("punctuald") + "\" serve " + streams},
        with.whole_environment(), with.folder() / "shell.log");
    if (!becomes_true([&] { return with.get("/readyz").status == 200; }, 20s)) {
        throw std::runtime_error{"the daemon does not get ready: " + made->output()};
    }
    return made;
}

// User and system time so far (proc(5), /proc/[pid]/stat), in clock ticks.
long cpu_ticks(const program& of) {
    std::ifstream in{"/proc/" + std::to_string(of.pid()) + "/stat"};
    std::string word;
    long ticks = 0;
    for (int field = 1; field <= 15 && in >> word; ++field) {
        ticks += field >= 14 ? std::stol(word) : 0;
    }
    return ticks;
}

// By the daemon's own descriptors, as ls /proc/[pid]/fd shows them.
std::size_t open_descriptors(const program& of) {
    const std::filesystem::directory_iterator all{"/proc/" + std::to_string(of.pid()) + "/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// proc(5), /proc/[pid]/status
std::size_t resident_kib(const program& of) {
    std::ifstream in{"/proc/" + std::to_string(of.pid()) + "/status"};
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stoul(line.substr(line.find_first_of("0123456789")));
        }
    }
    return 0;
}

void limit_descriptors(const program& of, std::size_t soft) {
    ::rlimit limit{};
    ASSERT_EQ(::prlimit(of.pid(), RLIMIT_NOFILE, nullptr, &limit), 0);
    limit.rlim_cur = soft;
    ASSERT_EQ(::prlimit(of.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
}

class caller {
public:
    explicit caller(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        static_cast<void>(::connect(socket_, reinterpret_cast<::sockaddr*>(&address), sizeof address));
    }
    ~caller() { ::close(socket_); }
    caller(caller&& from) noexcept : socket_{std::exchange(from.socket_, -1)} {}
    caller(const caller&) = delete;
    // As much of it as the other side takes just now; false: it has closed.
    bool push(std::string_view bytes) const {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return sent >= 0 || errno == EAGAIN || errno == ENOTCONN;
    }
    caller& operator=(const caller&) = delete;

private:
    int socket_;
};

// A signal each millisecond until it is gone, so that one comes at every place of its stop; the exit code.
std::optional<int> ended_by_ever_more_signals(program& daemon, int number) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    std::optional<int> code;
    while (!code && std::chrono::steady_clock::now() < until) {
        daemon.signal(number);
        code = daemon.wait(1ms);
    }
    return code;
}

TEST(limits, descriptors_used_up_by_callers_stop_no_message_and_burn_no_time) {
    clinic clinic{""};
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    const auto daemon = start_by_shell(clinic, "ulimit -n 160; ", "");
    {
        std::vector<caller> callers;
        for (int i = 0; i < 400; ++i) {
            callers.emplace_back(clinic.port());
        }
        const auto ticks = cpu_ticks(*daemon);
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < 20; ++i) {
            clinic.book(patient, psychologist, 48h);
        }
        EXPECT_TRUE(clinic.arrives("confirmation", 40, 30s)) << daemon->output();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        // A loop that spins takes all of a core.
        const auto busy = static_cast<double>(cpu_ticks(*daemon) - ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        EXPECT_LT(busy, 0.8 * took.count()) << "seconds of CPU in " << took.count();
    }
    EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 200; }, 20s)) << daemon->output();
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(40s), 0) << daemon->output();
}

// No reserve helps when the limit itself comes down: then accept(2) says EMFILE.
TEST(limits, accepting_pauses_while_not_one_descriptor_is_left_and_all_goes_on_afterwards) {
    clinic clinic{""};
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    clinic.start();
    auto& daemon = clinic.daemon();
    const auto before = open_descriptors(daemon);
    limit_descriptors(daemon, before);
    {
        std::vector<caller> callers;
        for (int i = 0; i < 20; ++i) {
            callers.emplace_back(clinic.port());
        }
        ASSERT_TRUE(becomes_true([&] { return daemon.output().contains("http_accept_paused errno=24"); }, 10s))
            << daemon.output();
        const auto ticks = cpu_ticks(daemon);
        const auto began = std::chrono::steady_clock::now();
        clinic.book(patient, psychologist, 48h);
        // The change is taken up, its mails have no connection to go by.
        EXPECT_TRUE(becomes_true([&] { return clinic.sql("select count(*) from punctual.delivery") == "2"; }, 10s));
        EXPECT_TRUE(becomes_true([&] { return std::chrono::steady_clock::now() - began > 2s; }, 5s));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        const auto busy = static_cast<double>(cpu_ticks(daemon) - ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        EXPECT_LT(busy, 0.5 * took.count()) << "seconds of CPU in " << took.count();
    }
    limit_descriptors(daemon, before + 200);
    EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 200; }, 10s)) << daemon.output();
    EXPECT_FALSE(clinic.get("/metrics").body.contains("punctual_http_accept_pauses_total 0\n"));
    EXPECT_TRUE(clinic.arrives("confirmation", 2, 40s)) << daemon.output();
    EXPECT_EQ(clinic.stop(), 0);
    EXPECT_EQ(clinic.arrivals().size(), 2U);
}

// Each pushes what no limit allows: a header without end, a body without end, requests whose answers it never reads.
TEST(limits, a_caller_takes_no_more_memory_than_its_limits_allow) {
    clinic clinic{""};
    clinic.start();
    auto& daemon = clinic.daemon();
    const std::string filler(std::size_t{64} * 1024, 'a');
    const std::string chunk = "10000\r\n" + filler + "\r\n";
    std::string requests;
    while (requests.size() < chunk.size()) {
        requests += "GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    const std::string post =
        "POST /api/webhooks/twilio/messages/status/ HTTP/1.1\r\nHost: x\r\nContent-Type: "
        "application/x-www-form-urlencoded\r\n";
    const auto idle = resident_kib(daemon);
    constexpr std::size_t each = 100;
    std::vector<caller> headers;
    std::vector<caller> bodies;
    std::vector<caller> deaf;
    for (std::size_t i = 0; i < each; ++i) {
        headers.emplace_back(clinic.port());
        bodies.emplace_back(clinic.port());
        deaf.emplace_back(clinic.port());
    }
    for (const auto& one : headers) {
        one.push(post + "X-Long: ");
    }
    for (const auto& one : bodies) {
        one.push(post + "Transfer-Encoding: chunked\r\n\r\n");
    }
    std::size_t most = 0;
    for (int round = 0; round < 60; ++round) {
        for (std::size_t i = 0; i < each; ++i) {
            headers[i].push(filler);
            bodies[i].push(chunk);
            deaf[i].push(requests);
        }
        EXPECT_EQ(clinic.get("/healthz").status, 200);
        most = std::max(most, resident_kib(daemon));
    }
    // 8 KiB of header, 64 KiB of body, an answer of the server's own, and what the allocator keeps. Without limits
    // it is 4 MiB a caller.
    EXPECT_LT(most, idle + 3 * each * 192) << "KiB, and " << idle << " before they came";
    EXPECT_EQ(clinic.stop(), 0);
}

struct redirection {
    const char* name;
    const char* shell;

    friend std::ostream& operator<<(std::ostream& to, const redirection& one) { return to << one.name; }
};

class log_target : public testing::TestWithParam<redirection> {};

TEST_P(log_target, that_takes_nothing_stops_no_message) {
    clinic clinic{""};
    clinic.environment["LOG_LEVEL"] = "debug";
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    const auto daemon = start_by_shell(clinic, "", GetParam().shell);
    clinic.sql("insert into punctual.appointment (patient_id, psychologist_id, starts_at) select " +
               std::to_string(patient) + ", " + std::to_string(psychologist) +
               ", now() + interval '48 hours' from generate_series(1, 40)");
    EXPECT_TRUE(clinic.arrives("confirmation", 80, 30s));
    EXPECT_EQ(clinic.get("/healthz").status, 200);
    // Never a socket of ours: log lines would go into it.
    const auto target = std::filesystem::read_symlink("/proc/" + std::to_string(daemon->pid()) + "/fd/2").string();
    EXPECT_TRUE(target.starts_with("/dev/")) << target;
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(40s), 0);
}

INSTANTIATE_TEST_SUITE_P(limits, log_target,
                         testing::Values(redirection{"closed", "</dev/null >&- 2>&-"},
                                         redirection{"all_closed", "<&- >&- 2>&-"},
                                         redirection{"disk_full", ">/dev/full 2>/dev/full"}),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(limits, a_log_pipe_that_nobody_reads_stops_no_message_and_no_exit) {
    clinic clinic{""};
    clinic.environment["LOG_LEVEL"] = "debug";
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    const auto fifo = (clinic.folder() / "fifo").string();
    // Filled to the brim before the daemon starts: its first line blocks.
    const auto daemon = start_by_shell(clinic,
                                       "mkfifo '" + fifo + "'; exec 8<>'" + fifo + "'; dd if=/dev/zero of='" + fifo +
                                           "' oflag=nonblock bs=4096 count=64 2>/dev/null; ",
                                       ">&8 2>&8");
    clinic.book(patient, psychologist, 48h);
    EXPECT_TRUE(clinic.arrives("confirmation", 2, 30s));
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(40s), 0);
}

TEST(limits, sigterm_again_and_again_in_a_storm_loses_and_doubles_nothing) {
    clinic clinic{""};
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    clinic.start();
    for (std::size_t stops = 1; stops <= 3; ++stops) {
        clinic.sql("insert into punctual.appointment (patient_id, psychologist_id, starts_at) select " +
                   std::to_string(patient) + ", " + std::to_string(psychologist) + ", now() + interval '" +
                   std::to_string(48 * stops) + " hours' + n * interval '1 minute' from generate_series(1, 200) n");
        ASSERT_TRUE(clinic.arrives("confirmation", (400 * (stops - 1)) + 50, 30s)) << clinic.daemon().output();
        EXPECT_EQ(ended_by_ever_more_signals(clinic.daemon(), SIGTERM), 0) << clinic.daemon().output();
        EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where state = 'claimed'"), "0");
        clinic.start();
    }
    ASSERT_TRUE(clinic.arrives("confirmation", 1200, 30s)) << clinic.daemon().output();
    EXPECT_EQ(clinic.stop(), 0);
    EXPECT_EQ(clinic.arrivals().size(), 1200U);
}

TEST(limits, sigterm_ends_within_the_drain_limit_while_a_provider_hangs) {
    clinic clinic{
        "[limits]\ndrain = \"2s\"\n[timing]\nshort_notice = \"10m\"\n[messages.confirmation]\n"
        "patient = [\"whatsapp\"]\npsychologist = []\n"};
    ASSERT_EQ(clinic.order(R"({"target":"request","on":"messages","action":"hang","next":0})").status / 100, 2);
    clinic.start();
    clinic.book(clinic.add_patient(), clinic.add_psychologist(), 48h);
    ASSERT_TRUE(becomes_true(
        [&] { return clinic.sql("select count(*) from punctual.delivery where state = 'claimed'") == "1"; }, 20s));
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(clinic.stop(), 0) << clinic.daemon().output();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
    // Nobody knows whether it was sent: that is written down.
    EXPECT_EQ(clinic.sql("select reason from punctual.delivery"), "outcome_unknown");
}

}  // namespace
