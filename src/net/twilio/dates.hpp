#pragma once
// The date of mail and HTTP headers (RFC 5322 §3.3, RFC 9110 §5.6.7): "Fri, 24 May 2019 17:44:46 +0000" or "GMT".

#include "domain/time.hpp"

#include <optional>
#include <string_view>

namespace punctual::net::twilio {

// nullopt for every other form, and for days and times that do not exist.
[[nodiscard]] std::optional<wall_time> parse_header_date(std::string_view text);

}  // namespace punctual::net::twilio
