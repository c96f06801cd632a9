#pragma once
// HTTP/1.1 requests from bytes (RFC 9112), on Beast's parser fed by hand. No sockets, no clock.
//
// Beast is lenient where a proxy in front of us might read the same bytes differently, so what is
// ambiguous is refused before or after it: obsolete line folding, a bare LF, several Content-Length or
// Host fields, a Transfer-Encoding that does not simply say chunked, trailing garbage in a chunk size.

#include "http/message.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace punctual::http {

struct parser_limits {
    std::size_t header = std::size_t{8} * 1024;
    std::size_t body = std::size_t{64} * 1024;
};

class request_parser {
public:
    enum class state : std::uint8_t {
        need_more,  // feed again, with the unconsumed bytes in front
        complete,   // the request is in `into`
        failed,     // answer failure() and close
    };

    // `into` is filled as the bytes come; it must outlive the parser.
    request_parser(request& into, parser_limits limits);
    ~request_parser();
    request_parser(const request_parser&) = delete;
    request_parser& operator=(const request_parser&) = delete;

    struct progress {
        request_parser::state state = state::need_more;
        std::size_t consumed = 0;
    };
    // Never consumes bytes of the next request. Until the header is whole it consumes nothing but
    // empty lines before the request line (RFC 9112 §2.2).
    [[nodiscard]] progress feed(std::span<const char> bytes);

    // 400, 413, 417, 431, 501 or 505, once failed.
    [[nodiscard]] unsigned failure() const noexcept;
    // The header is whole, the client waits for "100 Continue" before it sends the body.
    [[nodiscard]] bool wants_continue() const noexcept;
    // Of a complete request.
    [[nodiscard]] bool keep_alive() const noexcept;
    [[nodiscard]] bool is_http_1_0() const noexcept;

    // For the next request on the connection.
    void reset();

private:
    class implementation;
    std::unique_ptr<implementation> own_;
};

}  // namespace punctual::http
