#pragma once
// A Postgres cluster for one test process: a data directory of its own under $TMPDIR (or /tmp), a free
// port on 127.0.0.1 and a socket beside the data. It is gone when the object is, and also when the
// test process dies: the kernel signals the server (PR_SET_PDEATHSIG) and a watcher, which waits on a
// pipe that the server holds too, removes the directory.
//
// Durability is off unless asked for. initdb runs once per machine user; later clusters are copies of
// that template and therefore share its system identifier, like a primary and its standbys do.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace punctual::test {

enum class stop_mode : std::uint8_t {
    fast,       // SIGINT: sessions are ended, a shutdown checkpoint is written
    immediate,  // SIGQUIT: as after a crash, recovery at the next start
};

struct private_postgres_options {
    bool fsync = false;
    // A throw-away certificate for localhost and 127.0.0.1 that is its own authority; see ca_file().
    bool ssl = false;
    // In recovery with nothing to follow: read only until promote(), which makes a higher timeline.
    bool standby = false;
    // Lines for postgresql.conf ("max_connections = 20") and lines put before pg_hba.conf's trust.
    std::vector<std::string> settings{};
    std::vector<std::string> hba{};
    // A standby of that one, from pg_basebackup, streaming asynchronously; read only until promote().
    const class private_postgres* follows = nullptr;
};

// Member functions throw std::runtime_error with the server's own words when something does not work.
class private_postgres {
public:
    using options = private_postgres_options;

    explicit private_postgres(options chosen = {});
    ~private_postgres();
    private_postgres(const private_postgres&) = delete;
    private_postgres& operator=(const private_postgres&) = delete;

    // Keywords and values, superuser `postgres`, over TCP; and the same as a URI, and over the socket.
    [[nodiscard]] std::string conninfo(std::string_view database = "postgres") const;
    [[nodiscard]] std::string uri(std::string_view database = "postgres") const;
    [[nodiscard]] std::string socket_conninfo(std::string_view database = "postgres") const;

    // Runs psql, stops at the first error; rows as unaligned text, columns separated by '|', one line
    // a row, without the last line end.
    std::string psql(std::string_view sql, std::string_view database = "postgres") const;
    void create_database(std::string_view name) const;

    void stop(stop_mode how = stop_mode::fast);
    void start();  // returns when connections are accepted
    void restart(stop_mode how = stop_mode::fast);
    void promote();

    [[nodiscard]] pid_t pid() const noexcept { return server_; }  // the postmaster; 0 while stopped
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    [[nodiscard]] std::filesystem::path ca_file() const { return directory_ / "server.crt"; }
    [[nodiscard]] std::string server_log() const;

private:
    void write_configuration() const;
    void make_certificate() const;
    void start_watcher();
    bool try_to_start();
    bool wait_until_ready(int watch);
    void remove() noexcept;

    options options_;
    std::filesystem::path directory_;
    std::uint16_t port_ = 0;
    pid_t server_ = 0;
    pid_t watcher_ = 0;
    int lifeline_ = -1;  // write end of the watcher's pipe
};

}  // namespace punctual::test
