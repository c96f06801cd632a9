#pragma once
// The base address of a provider's API, as the configuration gives it.

#include "domain/result.hpp"
#include "net/async/byte_stream.hpp"

#include <string>
#include <string_view>

namespace punctual::net::https {

struct base_url {
    endpoint to;
    std::string path;  // prefix of every target: empty, or "/prefix" without a slash at its end

    bool operator==(const base_url&) const = default;
};

// https, or http to a loopback address or "localhost": credentials go with every request. Neither user,
// query nor fragment. The error says what was found wrong.
[[nodiscard]] result<base_url> parse_base_url(std::string_view text);

}  // namespace punctual::net::https
