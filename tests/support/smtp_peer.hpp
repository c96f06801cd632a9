#pragma once
// A small SMTP server in the test's own loop that misbehaves where it is told to, and remembers what it
// was told and given.

#include "support/scripted_peer.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::test {

// What it does instead of its ordinary reply.
struct smtp_reaction {
    enum class kind : std::uint8_t { say, close, reset, hang, drip, late, say_and_close } what;
    std::string text{};                 // say, late, say_and_close
    std::chrono::milliseconds delay{};  // late
};

struct smtp_peer_plan {
    std::string offers{};    // "250-PIPELINING\r\n"; STARTTLS is added while it can be had
    SSL_CTX* tls = nullptr;  // STARTTLS, or implicit
    bool implicit_tls = false;
    // Bytes sent in clear text right behind the 220 of STARTTLS.
    std::string injected{};
    // The same as a segment of its own, once the client has begun its handshake.
    std::string injected_late{};
    std::uint16_t port = 0;  // 0: a free one
    // Asked before every reply; `word`: "greeting", "EHLO", "TLS" (the handshake), …, "message"; `connection` and
    // `mail` count from 0.
    std::function<std::optional<smtp_reaction>(std::string_view word, std::size_t connection, std::size_t mail)>
        react{};
};

class smtp_peer {
public:
    smtp_peer(boost::asio::io_context& context, smtp_peer_plan plan);

    [[nodiscard]] std::uint16_t port() const { return peer_.port(); }
    [[nodiscard]] std::size_t connections() const noexcept { return peer_.accepted(); }
    [[nodiscard]] std::size_t most_at_once() const noexcept { return most_at_once_; }
    // As they came after DATA, dots and all, without the final one.
    [[nodiscard]] const std::vector<std::string>& mails() const noexcept { return mails_; }
    // The first word of every command line, in order, of all connections.
    [[nodiscard]] const std::vector<std::string>& commands() const noexcept { return commands_; }
    [[nodiscard]] std::size_t count(std::string_view command) const;

private:
    struct session {
        std::size_t mails = 0;
        bool secure = false;
        bool over = false;
        bool refused = false;  // the last answer was a 4xx or 5xx
    };

    [[nodiscard]] net::task<> serve(peer_connection& client);
    [[nodiscard]] net::task<> answer(peer_connection& client, session& state, std::string word, std::string usual);
    [[nodiscard]] net::task<> take_message(peer_connection& client, session& state);
    [[nodiscard]] net::task<> begin_tls(peer_connection& client, session& state);
    [[nodiscard]] std::string usual_answer(const std::string& word, const session& state) const;

    smtp_peer_plan plan_;
    std::vector<std::string> mails_;
    std::vector<std::string> commands_;
    std::size_t at_once_ = 0;
    std::size_t most_at_once_ = 0;
    scripted_peer peer_;
};

// A reaction at one command, of one connection (or all).
[[nodiscard]] auto react_at(std::string word, smtp_reaction what, std::optional<std::size_t> connection = {})
    -> decltype(smtp_peer_plan::react);

// The same, the first time alone.
[[nodiscard]] auto react_once(std::string word, smtp_reaction what) -> decltype(smtp_peer_plan::react);

}  // namespace punctual::test
