#pragma once
// The request target (RFC 9112 §3.2).

#include <optional>
#include <string>
#include <string_view>

namespace punctual::http {

struct request_target {
    std::string path;    // decoded, without a trailing slash (but "/" itself)
    std::string query;   // as it came, without '?'
    std::string target;  // path and query as they came
};

// origin-form, absolute-form (http and https) and "*". Nothing for anything else, for a bad escape, an
// escaped control character, or a fragment.
[[nodiscard]] std::optional<request_target> parse_target(std::string_view text);

}  // namespace punctual::http
