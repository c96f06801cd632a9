#pragma once
// One HTTP/1.1 answer out of bytes, without a socket. Interim answers (1xx, RFC 9110 §15.2) are skipped,
// a few of them; 101 is refused. Limits: 16 KiB of head, 1 MiB of body, and of everything together.

#include "domain/result.hpp"
#include "net/https/errc.hpp"
#include "net/https/message.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace punctual::net::https {

inline constexpr std::size_t most_head_bytes = 16UL * 1024;
inline constexpr std::size_t most_body_bytes = 1024UL * 1024;
inline constexpr std::size_t most_interim_answers = 8;
// Chunk headers and trailers come on top of a body: an answer may take as much again on the wire.
inline constexpr std::size_t most_answer_bytes = 2 * most_body_bytes;

class response_parser {
public:
    response_parser();
    ~response_parser();

    // The next bytes; true when the answer is whole. Error: bad_answer, saying what is wrong.
    [[nodiscard]] result<bool> feed(std::string_view bytes);
    // The connection has ended in an orderly way; true when that makes the answer whole (RFC 9112 §6.3).
    [[nodiscard]] result<bool> end();

    // Of a whole answer: whether the connection may serve another request; not when bytes came after it.
    [[nodiscard]] bool reusable() const;
    [[nodiscard]] response take();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace punctual::net::https
