#pragma once
// Stands between a client and a Postgres server, on a port of its own, and breaks things: cuts, stalls, or keeps the
// server's answer to a chosen statement for itself. It reads the plain protocol (Postgres manual, 55.7) just far
// enough to know which answer belongs to which statement, so it takes no TLS (it answers SSLRequest with 'N').
//
// A thread of its own does the work, so that the client may be this process or another one. All functions may be
// called from the test's thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace punctual::test {

class postgres_proxy {
public:
    // Listens on 127.0.0.1 at once.
    explicit postgres_proxy(std::uint16_t server_port);
    ~postgres_proxy();
    postgres_proxy(const postgres_proxy&) = delete;
    postgres_proxy& operator=(const postgres_proxy&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    // Where connections go from now on; those that stand stay where they are.
    void lead_to(std::uint16_t server_port);

    // Resets every connection.
    void cut();
    // Nothing moves in either direction and nobody is told, as when packets are dropped; new connections are
    // accepted and nothing more. Until resume().
    void stall();
    void resume();
    // The server is told nothing and new connections are reset.
    void refuse();

    enum class when : std::uint8_t {
        answered,  // the server has done it (and committed), and the answer is lost with the connection
        asked,     // it does not reach the server: the connection is reset first
        amid,      // the server is doing it, and the connection is reset before it may commit
    };
    // For the next execution of a statement whose text holds `text`, on any connection; once.
    void break_at(std::string text, when moment = when::answered);
    // How many of break_at()'s have happened.
    [[nodiscard]] std::size_t broken() const;
    // Connections that stand now.
    [[nodiscard]] std::size_t connections() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace punctual::test
