#pragma once
// application/x-www-form-urlencoded (WHATWG URL §5) and queries. Order is kept, names may repeat. A
// broken percent sequence stays as it is: Twilio does not refuse it either.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::sandbox {

using form = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] form parse_form(std::string_view text);
[[nodiscard]] std::string encode_form(const form& fields);
[[nodiscard]] std::string percent_encode(std::string_view text);

// The first value of that name, or nullptr; valid until the form changes.
[[nodiscard]] const std::string* find(const form& fields, std::string_view name) noexcept;
// The same, empty when absent.
[[nodiscard]] std::string value_of(const form& fields, std::string_view name);

// Well-formed by Unicode 15 table 3-7; counts code points, not bytes.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
[[nodiscard]] std::size_t code_points(std::string_view text) noexcept;

// http or https, with a host, under 1024 characters.
[[nodiscard]] bool is_callback_url(std::string_view url) noexcept;

}  // namespace punctual::sandbox
