// Rows as Postgres sends them (src/net/postgres/binary_copy.hpp, time_text.hpp): the same whatever the cuts.
// Change rows and the snapshot come through these.

#include "net/postgres/binary_copy.hpp"
#include "net/postgres/time_text.hpp"
#include "support/input.hpp"

#include <optional>
#include <string>
#include <vector>

namespace punctual::fuzz {
namespace {

using net::postgres::binary_copy;

struct seen {
    std::vector<std::vector<std::optional<std::string>>> rows;
    bool failed = false;
    bool complete = false;

    bool operator==(const seen&) const = default;
};

seen parse(std::string_view bytes, std::size_t size) {
    binary_copy parser{1024};
    seen out;
    const auto each = [&](binary_copy::row row) {
        auto& kept = out.rows.emplace_back();
        for (const auto& field : row) {
            kept.push_back(field ? std::optional{std::string{*field}} : std::nullopt);
        }
    };
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        const auto fed = parser.feed(bytes.substr(at, size), each);
        if (!fed) {
            out.failed = true;
            return out;
        }
    }
    out.complete = parser.complete();
    require(parser.rows() == out.rows.size(), "every row is counted");
    return out;
}

}  // namespace

void try_input(std::string_view bytes) {
    const auto whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1));
    for (const std::size_t size : {1U, 2U, 3U, 17U}) {
        require(parse(bytes, size) == whole, "cuts change nothing");
    }
    if (const auto when = net::postgres::read_time(bytes)) {
        const auto written = net::postgres::write_time(*when);
        require(net::postgres::read_time(written) == when, "a time that is written is the time that was read");
    }
}

}  // namespace punctual::fuzz
