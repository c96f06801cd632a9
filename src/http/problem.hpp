#pragma once
// Errors as problem details (RFC 9457), with `code` for programs and `error`, the old API's sentence.
// Nothing of SQL, of a provider's answer or of a stack goes in here.

#include "http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace punctual::http {

struct problem {
    unsigned status = 500;
    std::string_view code;  // "not_found"
    std::string error;      // the old API's sentence, also `detail` when that is empty
    std::string detail = {};
    std::chrono::seconds retry_after{};  // 0: no Retry-After
    // More members, already as JSON: ,"opens_at":"…"
    std::string extra = {};
};

[[nodiscard]] response to_response(const problem& what);

// A status alone, as the server answers what no handler has seen.
[[nodiscard]] response plain_problem(unsigned status);

// The reason phrase (RFC 9110 §15); "Unknown" for what we never send.
[[nodiscard]] std::string_view status_title(unsigned status) noexcept;

}  // namespace punctual::http
