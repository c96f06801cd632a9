#include "support/private_postgres.hpp"

#include "support/server_user.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace punctual::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view binaries = "/usr/lib/postgresql/15/bin/";

std::string program(std::string_view name) {
    return std::string{binaries}.append(name);
}

void must(const command_result& ended, std::string_view what) {
    if (ended.status != 0) {
        throw std::runtime_error{std::string{what} + " failed: " + ended.errors + ended.output};
    }
}

std::string read_file(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// A socket's path holds 107 characters: a deep $TMPDIR does not do.
fs::path temporary_root() {
    const char* chosen = std::getenv("TMPDIR");
    const std::string root = chosen != nullptr ? chosen : "";
    return root.empty() || root.size() > 60 ? fs::path{"/tmp"} : fs::path{root};
}

fs::path make_directory(const server_user& owner) {
    auto name = (temporary_root() / "punctual-pg-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error{errno, std::generic_category(), "mkdtemp " + name};
    }
    if (owner.changes && ::chown(name.c_str(), owner.uid, owner.gid) != 0) {
        throw std::system_error{errno, std::generic_category(), "chown " + name};
    }
    return name;
}

// The temporary directory is everybody's: a template that somebody else put there is not ours.
bool is_ours(const fs::path& path, const server_user& owner) {
    struct ::stat found{};
    return ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == owner.uid &&
           (found.st_mode & 0777U) == 0700U;
}

void initialise(const fs::path& data, const server_user& owner) {
    must(run_command({program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                      "--no-sync", "--wal-segsize=1"},
                     {}, owner),
         "initdb");
}

// Several test processes may come here at once: each prepares its own, the first rename wins.
void make_data(const fs::path& data, const server_user& owner) {
    const auto cache = temporary_root() / ("punctual-pg15-template-1-" + std::to_string(owner.uid));
    const auto cached = cache / "data";
    if (!is_ours(cache, owner)) {
        const auto fresh = make_directory(owner);
        initialise(fresh / "data", owner);
        if (::rename(fresh.c_str(), cache.c_str()) != 0) {
            fs::rename(fresh / "data", data);
            fs::remove_all(fresh);
            return;
        }
    }
    const auto copied = run_command({"cp", "-a", "--reflink=auto", cached, data}, {}, owner);
    if (copied.status != 0) {
        // Cleaned away by the machine while we copied.
        fs::remove_all(data);
        initialise(data, owner);
    }
}

// Below the range that the kernel gives to outgoing connections, so that a stopped server finds its
// port free when it starts again.
std::uint16_t free_port() {
    static std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<std::uint16_t> any{20000, 32000};
    for (int tries = 0; tries < 1000; ++tries) {
        const auto port = any(random);
        const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (probe < 0) {
            throw std::system_error{errno, std::generic_category(), "socket"};
        }
        const bool taken = ::bind(probe, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) != 0;
        ::close(probe);
        if (!taken) {
            return port;
        }
    }
    throw std::runtime_error{"no free port for Postgres"};
}

int wait_status(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

// True when the child has ended within the time.
bool ends_within(pid_t child, std::chrono::milliseconds limit) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    ::pollfd ended{handle, POLLIN, 0};
    const int got = ::poll(&ended, 1, static_cast<int>(limit.count()));
    ::close(handle);
    return got == 1;
}

}  // namespace

private_postgres::private_postgres(options chosen) : options_{std::move(chosen)} {
    const auto owner = find_server_user();
    directory_ = make_directory(owner);
    try {
        start_watcher();
        if (options_.follows != nullptr) {
            must(run_command({program("pg_basebackup"), "-D", directory_ / "data", "-R", "-X", "stream", "-c", "fast",
                              "--no-sync", "-d", options_.follows->socket_conninfo()},
                             {}, owner),
                 "pg_basebackup");
        } else {
            make_data(directory_ / "data", owner);
        }
        if (options_.ssl) {
            make_certificate();
        }
        // Between the probe and the server's own bind somebody else may take the port.
        for (int tries = 0; server_ == 0; ++tries) {
            port_ = free_port();
            write_configuration();
            if (!try_to_start() && (tries == 4 || server_log().find("Address already in use") == std::string::npos)) {
                throw std::runtime_error{"Postgres does not start: " + server_log()};
            }
        }
    } catch (...) {
        remove();
        throw;
    }
}

private_postgres::~private_postgres() {
    remove();
}

std::string private_postgres::conninfo(std::string_view database) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=postgres dbname=" + std::string{database};
}

std::string private_postgres::uri(std::string_view database) const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + std::string{database};
}

std::string private_postgres::socket_conninfo(std::string_view database) const {
    return "host=" + directory_.string() + " port=" + std::to_string(port_) +
           " user=postgres dbname=" + std::string{database};
}

std::string private_postgres::psql(std::string_view sql, std::string_view database) const {
    auto ended = run_command({program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-", socket_conninfo(database)},
                             std::string{sql} + "\n");
    must(ended, "psql");
    if (ended.output.ends_with('\n')) {
        ended.output.pop_back();
    }
    return ended.output;
}

void private_postgres::create_database(std::string_view name) const {
    psql("CREATE DATABASE \"" + std::string{name} + "\"");
}

void private_postgres::stop(stop_mode how) {
    if (server_ == 0) {
        return;
    }
    ::kill(server_, how == stop_mode::fast ? SIGINT : SIGQUIT);
    if (!ends_within(server_, std::chrono::seconds{10})) {
        // A frozen one (SIGSTOP) takes nothing else.
        ::kill(server_, SIGKILL);
    }
    wait_status(std::exchange(server_, 0));
}

void private_postgres::start() {
    if (server_ == 0 && !try_to_start()) {
        throw std::runtime_error{"Postgres does not start: " + server_log()};
    }
}

void private_postgres::restart(stop_mode how) {
    stop(how);
    start();
}

void private_postgres::promote() {
    if (psql("SELECT pg_promote(true, 30)") != "t") {
        throw std::runtime_error{"promotion failed: " + server_log()};
    }
    // A checkpoint makes the new timeline visible in the control file at once.
    psql("CHECKPOINT");
}

std::string private_postgres::server_log() const {
    return read_file(directory_ / "server.log");
}

void private_postgres::write_configuration() const {
    std::ofstream settings{directory_ / "data/postgresql.conf"};
    settings << "listen_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '"
             << directory_.string() << "'\nmax_connections = 100\nshared_buffers = 16MB\nmax_wal_size = 256MB\n"
             << "timezone = 'UTC'\nlog_timezone = 'UTC'\n";
    if (!options_.fsync) {
        settings << "fsync = off\nfull_page_writes = off\n";
    }
    if (options_.ssl) {
        settings << "ssl = on\nssl_cert_file = '" << ca_file().string() << "'\nssl_key_file = '"
                 << (directory_ / "server.key").string() << "'\n";
    }
    for (const auto& line : options_.settings) {
        settings << line << '\n';
    }
    std::ofstream access{directory_ / "data/pg_hba.conf"};
    for (const auto& line : options_.hba) {
        access << line << '\n';
    }
    access << "local all all trust\nhost all all 127.0.0.1/32 trust\n"
           << "local replication all trust\nhost replication all 127.0.0.1/32 trust\n";
    if (options_.standby) {
        std::ofstream{directory_ / "data/standby.signal"};
    }
}

void private_postgres::make_certificate() const {
    must(run_command({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                      "-keyout", directory_ / "server.key", "-out", ca_file()},
                     {}, find_server_user()),
         "openssl");
}

// The shell ends when nobody holds the pipe's write end any more: neither this process nor the server.
void private_postgres::start_watcher() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    }
    const auto directory = directory_.string();
    watcher_ = ::fork();
    if (watcher_ == 0) {
        // A Ctrl-C for the tests must not end the one who cleans up.
        ::setsid();
        ::dup2(ends[0], STDIN_FILENO);
        const int nowhere = ::open("/dev/null", O_WRONLY);
        if (nowhere < 0) {
            ::_exit(124);
        }
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::execl("/bin/sh", "sh", "-c", "cat; rm -rf -- \"$1\"", "sh", directory.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(ends[0]);
    lifeline_ = ends[1];
}

bool private_postgres::try_to_start() {
    const auto owner = find_server_user();
    const auto data = (directory_ / "data").string();
    const auto log = (directory_ / "server.log").string();
    const auto server = program("postgres");
    fs::remove(directory_ / "data/postmaster.pid");
    // Before the fork: nothing that the server writes may be missed.
    const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    ::inotify_add_watch(watch, data.c_str(), IN_MODIFY | IN_CREATE | IN_CLOSE_WRITE);
    const pid_t parent = ::getpid();
    server_ = ::fork();
    if (server_ == 0) {
        ::setsid();
        ::fcntl(lifeline_, F_SETFD, 0);
        if (!become(owner)) {
            ::_exit(126);
        }
        // After the change of user, which clears it.
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
        if (::getppid() != parent) {
            ::_exit(125);
        }
        const int nowhere = ::open("/dev/null", O_RDONLY);
        const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (nowhere < 0 || to < 0) {
            ::_exit(124);
        }
        ::dup2(nowhere, STDIN_FILENO);
        ::dup2(to, STDOUT_FILENO);
        ::dup2(to, STDERR_FILENO);
        ::execl(server.c_str(), "postgres", "-D", data.c_str(), nullptr);
        ::_exit(127);
    }
    const bool ready = wait_until_ready(watch);
    ::close(watch);
    if (!ready) {
        ::kill(server_, SIGKILL);
        wait_status(std::exchange(server_, 0));
    }
    return ready;
}

// The last line of postmaster.pid tells the state, see miscadmin.h of Postgres and pg_ctl.
bool private_postgres::wait_until_ready(int watch) {
    const int child = static_cast<int>(::syscall(SYS_pidfd_open, server_, 0));
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    bool ready = false;
    while (!ready) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
        std::array<::pollfd, 2> waiting{{{watch, POLLIN, 0}, {child, POLLIN, 0}}};
        if (left.count() <= 0 || ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0 ||
            waiting[1].revents != 0) {
            break;
        }
        std::array<char, 4096> events{};
        while (::read(watch, events.data(), events.size()) > 0) {
        }
        const auto state = read_file(directory_ / "data/postmaster.pid");
        ready = state.ends_with("ready   \n") || state.ends_with("ready\n");
    }
    ::close(child);
    return ready;
}

void private_postgres::remove() noexcept {
    stop(stop_mode::immediate);
    if (lifeline_ >= 0) {
        ::close(std::exchange(lifeline_, -1));
    }
    if (watcher_ > 0) {
        wait_status(std::exchange(watcher_, 0));
    } else {
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }
}

}  // namespace punctual::test
