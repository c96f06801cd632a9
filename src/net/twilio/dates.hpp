#pragma once
// The dates that Twilio writes: of mail and HTTP headers (RFC 5322 §3.3, RFC 9110 §5.6.7) in its older API, "Fri, 24
// May 2019 17:44:46 +0000" or "GMT"; of RFC 3339 in UTC in video, "2019-05-24T17:44:46Z", with or without a fraction.

#include "domain/time.hpp"

#include <optional>
#include <string_view>

namespace punctual::net::twilio {

// nullopt for every other form, and for days and times that do not exist.
[[nodiscard]] std::optional<wall_time> parse_header_date(std::string_view text);
[[nodiscard]] std::optional<wall_time> parse_iso_date(std::string_view text);

// Also the two old forms that RFC 9110 §5.6.7 has a recipient read: "Friday, 24-May-19 17:44:46 GMT", whose year is
// the one of those two digits not more than 50 years after `now`, and "Fri May 24 17:44:46 2019".
[[nodiscard]] std::optional<wall_time> parse_http_date(std::string_view text, wall_time now);

}  // namespace punctual::net::twilio
