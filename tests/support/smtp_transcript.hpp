#pragma once
// Replays a conversation into an SMTP session: what the server says, cut wherever the test wants, and
// what the client must write, write by write. No socket, no clock.

#include "net/smtp/protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace punctual::test {

struct smtp_turn {
    enum class kind : std::uint8_t {
        client,       // this write, exactly
        server,       // these bytes
        tls,          // the session starts TLS, and it works
        tls_refused,  // …and the certificate is refused
        drop,         // the connection breaks at the next read
        break_write,  // the connection breaks while this is written; `taken` bytes reached the kernel
        time,         // the clock goes on by `taken` seconds
    };
    kind what;
    std::string text;
    std::size_t taken = 0;
};
using smtp_transcript = std::vector<smtp_turn>;

[[nodiscard]] smtp_turn client_says(std::string text);
[[nodiscard]] smtp_turn server_says(std::string text);
[[nodiscard]] smtp_turn tls_starts();
[[nodiscard]] smtp_turn certificate_refused();
[[nodiscard]] smtp_turn connection_drops();
[[nodiscard]] smtp_turn write_breaks(std::string text, std::size_t taken);
[[nodiscard]] smtp_turn seconds_pass(std::size_t seconds);

[[nodiscard]] smtp_transcript operator+(smtp_transcript first, const smtp_transcript& second);

class transcript_player {
public:
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

    // The server's bytes arrive a turn at a time, but in two pieces around the `cut`th of them all, and
    // in no piece longer than `longest`.
    explicit transcript_player(smtp_transcript turns, std::size_t cut = never, std::size_t longest = never)
        : turns_{std::move(turns)}, cut_{cut}, longest_{longest} {}

    // Does what the session asks until it says idle or closed; adds a gtest failure where it asks for
    // anything that the transcript does not have. True: idle.
    bool play(net::smtp::protocol& session);

    // Every turn was used.
    [[nodiscard]] bool is_over() const noexcept { return at_ == turns_.size(); }
    [[nodiscard]] boot_time now() const noexcept { return now_; }

private:
    bool do_next(net::smtp::protocol& session, const net::smtp::action& step);
    void feed(net::smtp::protocol& session);

    smtp_transcript turns_;
    std::size_t cut_;
    std::size_t longest_;
    std::size_t at_ = 0;
    std::size_t offset_ = 0;  // within the server's turn
    std::size_t fed_ = 0;     // of all the server's bytes
    boot_time now_ = boot_time{} + std::chrono::hours{1};
};

// How many bytes the server says in it.
[[nodiscard]] std::size_t server_bytes(const smtp_transcript& turns);

}  // namespace punctual::test
