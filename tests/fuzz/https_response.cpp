// Answers of a provider's server (src/net/https/response_parser.hpp): the same whatever the cuts.

#include "net/https/response_parser.hpp"
#include "support/input.hpp"

#include <optional>
#include <string>

namespace punctual::fuzz {
namespace {

struct seen {
    std::optional<net::https::response> answer;
    bool failed = false;
    bool reusable = false;
};

seen parse(std::string_view bytes, std::size_t size) {
    net::https::response_parser parser;
    seen out;
    const auto finish = [&] {
        out.reusable = parser.reusable();
        out.answer = parser.take();
        return out;
    };
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        const auto whole = parser.feed(bytes.substr(at, size));
        if (!whole) {
            out.failed = true;
            return out;
        }
        if (*whole) {
            return finish();
        }
    }
    const auto ended = parser.end();
    if (!ended) {
        out.failed = true;
        return out;
    }
    return finish();
}

}  // namespace

void try_input(std::string_view bytes) {
    const auto whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1));
    if (whole.answer) {
        require(whole.answer->status >= 200 && whole.answer->status <= 999, "an interim answer is no answer");
        require(whole.answer->body.size() <= net::https::most_body_bytes, "a body keeps to its limit");
        for (const auto& [name, value] : whole.answer->headers) {
            require(!value.contains('\r') && !value.contains('\n'), "a header's value is one line");
            require(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }), "names in lower case");
        }
    }
    for (const std::size_t size : {1U, 2U, 5U, 11U}) {
        const auto cut = parse(bytes, size);
        require(cut.failed == whole.failed, "cuts change nothing");
        require(cut.answer.has_value() == whole.answer.has_value(), "cuts change nothing");
        if (whole.answer) {
            require(cut.answer->status == whole.answer->status && cut.answer->body == whole.answer->body &&
                        cut.answer->headers == whole.answer->headers,
                    "cuts change no answer");
            require(cut.reusable || !whole.reusable, "what can be used again can be used again");
        }
    }
}

}  // namespace punctual::fuzz
