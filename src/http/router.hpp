#pragma once
// The route table's form and the search in it. A table is a constexpr array; patterns are written
// without a trailing slash, "{id}" stands for a positive decimal number that fits 64 bits (anything
// else is no such path), any other word in braces for a segment that is not
// empty.

#include "http/message.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace punctual::http {

template <class Handler>
struct route {
    http::method method = method::get;
    std::string_view pattern;
    Handler handler{};
};

[[nodiscard]] constexpr std::string_view to_string(method value) noexcept {
    switch (value) {
        case method::get:
            return "GET";
        case method::head:
            return "HEAD";
        case method::post:
            return "POST";
        case method::put:
            return "PUT";
        case method::patch:
            return "PATCH";
        case method::delete_:
            return "DELETE";
        case method::options:
            return "OPTIONS";
        case method::other:
            break;
    }
    return "";
}

// Digits only: no sign, no blank, no exponent, no hexadecimal.
[[nodiscard]] inline std::optional<std::int64_t> parse_id(std::string_view text) noexcept {
    std::int64_t id = 0;
    if (text.empty()) {
        return std::nullopt;
    }
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (ec != std::errc{} || end != text.data() + text.size() || text.front() < '0' || text.front() > '9') {
        return std::nullopt;
    }
    return id;
}

// Whether the path fits, segment by segment; `id` gets the number that stands for "{id}", `name` what stands for
// any other word in braces.
[[nodiscard]] inline bool fits(std::string_view pattern, std::string_view path, std::int64_t& id,
                               std::string_view& name) noexcept {
    const auto next = [](std::string_view& rest) {
        const auto end = rest.find('/');
        const auto segment = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        return segment;
    };
    if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) {
        return false;
    }
    while (!pattern.empty() || !path.empty()) {
        const auto wanted = next(pattern);
        const auto segment = next(path);
        if (wanted == "{id}") {
            const auto number = parse_id(segment);
            if (!number) {
                return false;
            }
            id = *number;
        } else if (wanted.starts_with('{')) {
            if (segment.empty()) {
                return false;
            }
            name = segment;
        } else if (wanted != segment) {
            return false;
        }
    }
    return true;
}

template <class Handler>
struct route_match {
    const route<Handler>* found = nullptr;
    std::int64_t id = 0;
    std::string_view name;  // of the path that was looked for
    std::string allow;      // the methods of that path, for Allow; empty: no such path
};

// HEAD is answered by GET's handler.
template <class Handler>
[[nodiscard]] route_match<Handler> find_route(std::span<const route<Handler>> table, method verb,
                                              std::string_view path) {
    const auto wanted = verb == method::head ? method::get : verb;
    route_match<Handler> out;
    for (const auto& one : table) {
        if (fits(one.pattern, path, out.id, out.name) && one.method == wanted) {
            out.found = &one;
            return out;
        }
    }
    for (const auto& one : table) {
        if (fits(one.pattern, path, out.id, out.name)) {
            out.allow += std::string{to_string(one.method)} + (one.method == method::get ? ", HEAD, " : ", ");
        }
    }
    if (!out.allow.empty()) {
        out.allow += "OPTIONS";
    }
    return out;
}

}  // namespace punctual::http
