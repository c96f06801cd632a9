#pragma once
// The client's side of TLS over a connected, non-blocking socket: OpenSSL behind a plain interface, no
// waiting of its own. Each call says what it did or what it waits for.
//
// At least TLS 1.2; the chain is verified against the system's roots and the extra ones, the name
// against RFC 6125 (an IP address against the certificate's IP addresses). There is no way to turn
// that off. No renegotiation, no compression.

#include "domain/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace punctual::net {

enum class tls_step : std::uint8_t { done, want_read, want_write };

struct tls_progress {
    tls_step step = tls_step::done;
    std::size_t bytes = 0;  // with `done`
};

class tls_session {
public:
    tls_session();
    ~tls_session();
    tls_session(tls_session&&) noexcept;
    tls_session& operator=(tls_session&&) noexcept;

    // Errors: tls_refused with one of the reasons of refusal_text(), tls_failed, reset, closed.
    [[nodiscard]] result<tls_step> handshake();
    [[nodiscard]] result<tls_progress> read(std::span<char> into);
    [[nodiscard]] result<tls_progress> write(std::string_view bytes);
    // Nothing to read and not closed; session tickets do not count.
    [[nodiscard]] bool is_quiet();
    // Says close_notify if the socket takes it at once.
    void say_goodbye() noexcept;

private:
    friend class tls_context;
    struct state;
    std::unique_ptr<state> state_;
};

class tls_context {
public:
    // `ca_file`: PEM, beside the system's; empty for none. Throws std::runtime_error when it cannot be read.
    explicit tls_context(const std::string& ca_file);
    ~tls_context();
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

    // `socket` stays the caller's and must outlive the session.
    [[nodiscard]] result<tls_session> open(int socket, const std::string& host) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

// What is wrong with a certificate, from SSL_get_verify_result(3): expired, not yet valid, issued for
// another host, self-signed, unknown issuer, or OpenSSL's words.
[[nodiscard]] std::string refusal_text(long verify_result);

}  // namespace punctual::net
