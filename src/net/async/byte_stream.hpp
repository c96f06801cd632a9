#pragma once
// A connection as its protocols see it: bytes, TLS, deadlines. The SMTP and HTTPS clients speak to
// this; connector.cpp makes it of TCP and OpenSSL, tests of two buffers.
//
// Deadlines are total and absolute. A stream whose operation timed out or failed is closed and can
// only be destroyed: nobody knows what is still on its way.

#include "domain/result.hpp"
#include "domain/time.hpp"
#include "net/async/task.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace punctual::net {

enum class stream_errc : int {
    resolve_failed = 1,  // no address for the name, or the resolver gave no answer in time
    connect_refused,     // every address refused, unreachable, or timed out
    timed_out,           // the deadline passed
    closed,              // the peer closed in an orderly way (also TLS close_notify)
    reset,               // the connection broke
    tls_refused,         // certificate: expired, wrong host, unknown issuer
    tls_failed,          // handshake broke for another reason
    cancelled,           // the daemon is stopping
};

const boost::system::error_category& stream_category() noexcept;
inline boost::system::error_code make_error_code(stream_errc code) noexcept {
    return {static_cast<int>(code), stream_category()};
}

class byte_stream {
public:
    virtual ~byte_stream() = default;

    // At least one byte, or an error; `closed` at the end of the stream.
    [[nodiscard]] virtual task<result<std::size_t>> read_some(std::span<char> into, deadline until) = 0;
    // All of them, or an error; see bytes_written() for how far it came.
    [[nodiscard]] virtual task<result<>> write(std::string_view bytes, deadline until) = 0;
    // From here on TLS; verifies the chain and `host` (RFC 6125). Bytes read in clear before it that
    // were not consumed are the caller's to throw away (RFC 3207 §4.2).
    [[nodiscard]] virtual task<result<>> start_tls(std::string host, deadline until) = 0;

    // Application bytes handed to the kernel so far; whether a request can have been seen at all.
    [[nodiscard]] virtual std::uint64_t bytes_written() const noexcept = 0;
    // For a kept connection before its next use: the peer has closed it, or sent something unasked.
    [[nodiscard]] virtual bool is_stale() noexcept = 0;
    // At once, without ceremony. Pending operations end with `cancelled`.
    virtual void close() noexcept = 0;
};

enum class transport : std::uint8_t { plain, tls };

struct endpoint {
    std::string host;
    std::uint16_t port = 0;
    transport security = transport::tls;

    bool operator==(const endpoint&) const = default;
};

class connector {
public:
    virtual ~connector() = default;
    // Resolves (off the loop, cached), tries every address (RFC 8305), and does the TLS handshake when
    // asked to.
    [[nodiscard]] virtual task<result<std::unique_ptr<byte_stream>>> connect(endpoint to, deadline until) = 0;
};

// `ca_file`: extra trust roots in PEM beside the system's; empty for none. Throws std::runtime_error
// when the file cannot be read: a mistake in the configuration.
[[nodiscard]] std::unique_ptr<connector> make_connector(boost::asio::io_context& context, const std::string& ca_file);

}  // namespace punctual::net

template <>
struct boost::system::is_error_code_enum<punctual::net::stream_errc> : std::true_type {};
