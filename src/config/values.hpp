#pragma once
// The words of the configuration as values: "24h", "21:00", "true", a port, a URL.

#include "domain/policy.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::config {

// 24h, 90m, 1h30m, 8s, 2d; nullopt for anything else, negative included.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text) noexcept;
// As one writes it: by the largest unit that divides it. Not negative.
[[nodiscard]] std::string written(std::chrono::seconds value);
// 21:00
[[nodiscard]] std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) noexcept;
// true/false, yes/no, on/off, 1/0 in any case, as the old stack read them.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text) noexcept;
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text) noexcept;

// An absolute http or https URL without query and fragment; the trailing slash is taken off.
[[nodiscard]] std::optional<std::string> parse_base_url(std::string_view text);
// IPv4 or IPv6, without brackets.
[[nodiscard]] bool is_ip_address(std::string_view text);
[[nodiscard]] std::string host_of(std::string_view url);

// UTF-8 without control characters, of at most so many bytes.
[[nodiscard]] bool is_plain_text(std::string_view text, std::size_t most = 4096);
// An IP address or a name as DNS has them; no scheme, no port.
[[nodiscard]] bool is_host(std::string_view text);
// en, en-AU, zh-Hant-TW; and "default".
[[nodiscard]] bool is_language_tag(std::string_view text) noexcept;
// The prefix of an identifier of Twilio's and letters or digits: laxer than Twilio's own form (twilio::is_sid), because
// an account may be a stand-in's. Whether it is known, `check` finds out.
[[nodiscard]] bool resembles_sid(std::string_view text, std::string_view prefix) noexcept;
// What Twilio takes as the sender of an SMS: E.164, a short code, or up to 11 letters, digits and spaces.
[[nodiscard]] bool is_sms_sender(std::string_view text) noexcept;

// The bare address of `Name <a@b>` or `a@b`; nullopt when there is none.
[[nodiscard]] std::optional<std::string> bare_address(std::string_view text);

}  // namespace punctual::config
