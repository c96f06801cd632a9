#pragma once
// Bytes of a server, cut anywhere, into replies (RFC 5321 §4.2, §4.2.1). It knows no commands and
// gives no meaning to a code.
//
// Taken as a reply: "250 text", "250", and "250-text" lines that end with one of these; a line ends
// with CRLF or, for the servers that do so, with LF alone. Refused as malformed: a code outside
// 200..599, another code within one reply, a third form of separator, a CR inside a line, NUL, and
// whatever passes the limits below. After a malformed one the conversation has no more meaning:
// close the connection.

#include "net/smtp/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace punctual::net::smtp {

// RFC 5321 §4.5.3.1.5 allows 512 bytes a line; real servers write more.
struct reply_limits {
    std::size_t line = 2048;                     // bytes, its end included
    std::size_t lines = 128;                     // of one reply
    std::size_t total = std::size_t{32} * 1024;  // bytes of one reply
};

class reply_parser {
public:
    enum class status : std::uint8_t { need_more, complete, malformed };

    explicit reply_parser(reply_limits limits = {}) : limits_{limits} {}

    // Takes bytes from the front of `input` until one reply is complete; the rest stays in `input`.
    status consume(std::string_view& input);

    // The reply that consume() completed; good until the next consume().
    [[nodiscard]] const reply& value() const noexcept { return reply_; }

    // Forgets everything that came so far.
    void reset();

private:
    status end_line();

    reply_limits limits_;
    std::string line_;
    reply reply_;
    std::size_t lines_ = 0;
    std::size_t total_ = 0;
    bool done_ = false;
};

}  // namespace punctual::net::smtp
