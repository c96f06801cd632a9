#pragma once
// The request target (RFC 9112 §3.2) and percent-encoding (RFC 3986 §2.1).

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

// %XX undone; with `plus_is_space` as forms have it (application/x-www-form-urlencoded). Nothing for a
// '%' without two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace punctual::http
