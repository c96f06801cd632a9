#pragma once
// UTF-8 as it comes from people and databases: maybe broken. Reading, repairing and cutting it.
// It refuses to guess another encoding: what is not UTF-8 becomes U+FFFD.

#include <cstddef>
#include <string>
#include <string_view>

namespace punctual::domain::utf8 {

inline constexpr char32_t replacement = 0xFFFD;

struct decoded {
    char32_t code_point = replacement;
    std::size_t length = 1;  // bytes taken; at least 1
    bool valid = false;
};

// The first character of a text that is not empty. Overlong forms, surrogates and values past
// U+10FFFF are invalid (RFC 3629 §3).
[[nodiscard]] decoded decode(std::string_view text) noexcept;

void append(std::string& to, char32_t code_point);
[[nodiscard]] bool is_ascii(std::string_view text) noexcept;
[[nodiscard]] std::string repair(std::string_view text);
// In code points; a broken byte counts as one.
[[nodiscard]] std::size_t count(std::string_view text) noexcept;
// At most `limit` code points; what is cut ends in an ellipsis, counted in. No combining mark or
// joiner is left at the cut.
[[nodiscard]] std::string cut(std::string_view text, std::size_t limit);

}  // namespace punctual::domain::utf8
