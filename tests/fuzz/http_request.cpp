// Requests on one connection (src/http/request_parser.hpp): the same whatever the cuts, each in its limits, and
// what an accepted one says is safe to use.

#include "domain/percent_encoding.hpp"
#include "http/request_parser.hpp"
#include "http/request_target.hpp"
#include "support/input.hpp"

#include <string>
#include <vector>

namespace punctual::fuzz {
namespace {

using http::request_parser;

struct seen {
    struct one {
        http::method method{};
        std::string path, target, query, body;
        std::vector<std::pair<std::string, std::string>> headers;
        bool keep_alive = false;

        bool operator==(const one&) const = default;
    };
    std::vector<one> requests;
    unsigned failure = 0;

    bool operator==(const seen&) const = default;
};

constexpr http::parser_limits limits{.header = 1024, .body = 512};

seen parse(std::string_view bytes, std::size_t size) {
    http::request into;
    request_parser parser{into, limits};
    seen out;
    std::string kept;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        kept += bytes.substr(at, size);
        while (true) {
            const auto [state, consumed] = parser.feed(kept);
            require(consumed <= kept.size(), "no more is taken than there is");
            kept.erase(0, consumed);
            if (state == request_parser::state::failed) {
                out.failure = parser.failure();
                return out;
            }
            if (state == request_parser::state::need_more) {
                break;
            }
            out.requests.push_back(
                {into.method, into.path, into.target, into.query, into.body, into.headers, parser.keep_alive()});
            parser.reset();
            if (kept.empty()) {
                break;
            }
        }
    }
    return out;
}

void check(const seen::one& what) {
    require(what.body.size() <= limits.body, "a body keeps to its limit");
    require(what.target == "*" || what.target.starts_with('/'), "a target is a path or the whole server");
    require(what.path == "*" || what.path.starts_with('/'), "a path begins with a slash");
    require(std::ranges::none_of(what.path, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }),
            "a path has no control characters");
    require(!what.target.contains('#') && !what.target.contains(' '), "a target has no fragment and no space");
    require(what.path.size() <= 1 || what.target.ends_with("//") || !what.path.ends_with('/') ||
                what.path.ends_with("//") || what.target.contains('%') || what.target.contains("//"),
            "the trailing slash is gone");
    std::size_t lengths = 0;
    std::size_t hosts = 0;
    bool chunked = false;
    for (const auto& [name, value] : what.headers) {
        require(!name.empty() && std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }),
                "names are in lower case");
        for (const char c : value) {
            require(c != '\r' && c != '\n' && c != '\0', "a header's value is one line");
        }
        lengths += name == "content-length" ? 1U : 0U;
        hosts += name == "host" ? 1U : 0U;
        chunked = chunked || name == "transfer-encoding";
    }
    require(lengths <= 1 && hosts <= 1, "one length, one host");
    require(!(chunked && lengths > 0), "a length or chunks, not both");
    // What was read is read again the same.
    const auto again = http::parse_target(what.target);
    require(again && again->path == what.path && again->query == what.query, "a target means one thing");
}

}  // namespace

void try_input(std::string_view bytes) {
    const auto whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1));
    std::for_each(whole.requests.begin(), whole.requests.end(), check);
    constexpr std::array<unsigned, 8> codes{0, 400, 413, 414, 417, 431, 501, 505};
    require(std::ranges::find(codes, whole.failure) != codes.end(), "a failure has its status");
    for (const std::size_t size : {1U, 2U, 5U, 11U}) {
        const auto cut = parse(bytes, size);
        require(cut.requests == whole.requests, "cuts change no request");
        require((cut.failure == 0) == (whole.failure == 0), "nor what is refused");
    }
    if (const auto target = http::parse_target(bytes)) {
        const auto escaped = http::parse_target("/" + domain::percent_encode(target->path));
        require(escaped && escaped->path.substr(0, 1) == "/", "an escaped path is a path");
    }
}

}  // namespace punctual::fuzz
