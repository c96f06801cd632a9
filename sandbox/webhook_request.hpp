#pragma once
// One call of a webhook as bytes, and the answer's head. Pure.

#include "net/async/byte_stream.hpp"
#include "sandbox/callback.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace punctual::sandbox {

struct webhook_request {
    net::endpoint to;
    std::string bytes;
    unsigned retries = 1;        // rc
    bool retry_answers = false;  // rp=all, 4xx or 5xx: also after an answer or a time-out
};

struct webhook_answer {
    unsigned status = 0;  // 0: none came
    bool keep_alive = false;
    bool connected = false;
    std::string error;
};

// nullopt when the URL is none. `auth_token` signs.
[[nodiscard]] std::optional<webhook_request> make_webhook_request(const callback& what, std::string_view auth_token);

// The head of an answer in `bytes`; nullopt while it is not whole. `length`: head and body together, npos
// when only the end of the connection tells.
struct answer_head {
    unsigned status = 0;
    bool keep_alive = false;
    std::size_t length = std::string_view::npos;
};
[[nodiscard]] std::optional<answer_head> read_answer_head(std::string_view bytes);

}  // namespace punctual::sandbox
