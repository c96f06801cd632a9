#pragma once
// Base 64 (RFC 4648 §4), for SASL.

#include <string>
#include <string_view>

namespace punctual::net::smtp {

[[nodiscard]] std::string to_base64(std::string_view bytes);

}  // namespace punctual::net::smtp
