#pragma once
// How a text of unknown content stands in a complaint: on one line, cut, without what would act on a
// terminal, and without the user and password of a URL.

#include <string>
#include <string_view>

namespace punctual::config {

// "in quotes"; nothing when it is empty.
[[nodiscard]] std::string shown(std::string_view text);
// The same without the quotes, for the name of a key.
[[nodiscard]] std::string shown_key(std::string_view name);

}  // namespace punctual::config
