#include "net/postgres/binary_copy.hpp"
#include "net/postgres/database.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace punctual::net::postgres {
namespace {

using fields = std::vector<std::optional<std::string>>;

std::string number(std::uint32_t value, int bytes) {
    std::string text;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        text += static_cast<char>(value >> shift & 0xffU);
    }
    return text;
}

std::string header(std::uint32_t flags = 0, const std::string& extension = {}) {
    return std::string{"PGCOPY\n\377\r\n\0", 11} + number(flags, 4) +
           number(static_cast<std::uint32_t>(extension.size()), 4) + extension;
}

std::string row(const fields& values) {
    auto text = number(static_cast<std::uint32_t>(values.size()), 2);
    for (const auto& value : values) {
        text += value ? number(static_cast<std::uint32_t>(value->size()), 4) + *value : number(0xffffffffU, 4);
    }
    return text;
}

const std::string trailer = number(0xffffU, 2);

struct reading {
    result<> ended;
    std::vector<fields> rows;
    bool complete = false;
};

reading read(const std::vector<std::string>& pieces, std::size_t most = 1000) {
    binary_copy parser{most};
    reading got;
    for (const auto& piece : pieces) {
        got.ended = parser.feed(piece, [&](binary_copy::row values) {
            auto& kept = got.rows.emplace_back();
            for (const auto& value : values) {
                kept.push_back(value ? std::optional<std::string>{*value} : std::nullopt);
            }
        });
        if (!got.ended) {
            break;
        }
    }
    got.complete = parser.complete();
    return got;
}

const std::vector<fields> sample{{"a", std::nullopt, ""}, {}, {std::string{"\0\xff", 2}, "long enough to be cut", "z"}};

std::string sample_stream() {
    auto bytes = header(0, "ext");
    for (const auto& values : sample) {
        bytes += row(values);
    }
    return bytes + trailer;
}

TEST(binary_copy, reads_rows_nulls_and_the_trailer) {
    const auto got = read({sample_stream()});
    ASSERT_TRUE(got.ended);
    EXPECT_EQ(got.rows, sample);
    EXPECT_TRUE(got.complete);
}

TEST(binary_copy, reads_the_same_however_it_is_cut_in_two) {
    const auto bytes = sample_stream();
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        const auto got = read({bytes.substr(0, cut), bytes.substr(cut)});
        ASSERT_TRUE(got.ended) << cut;
        EXPECT_EQ(got.rows, sample) << cut;
        EXPECT_TRUE(got.complete) << cut;
    }
}

TEST(binary_copy, reads_the_same_byte_by_byte) {
    std::vector<std::string> bytes;
    for (const char byte : sample_stream()) {
        bytes.emplace_back(1, byte);
    }
    const auto got = read(bytes);
    ASSERT_TRUE(got.ended);
    EXPECT_EQ(got.rows, sample);
}

TEST(binary_copy, is_not_complete_before_the_trailer) {
    const auto bytes = sample_stream();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        const auto got = read({bytes.substr(0, cut)});
        ASSERT_TRUE(got.ended) << cut;
        EXPECT_FALSE(got.complete) << cut;
    }
}

TEST(binary_copy, refuses_what_it_must_not_believe) {
    const std::vector<std::string> wrong{
        std::string(19, 'x'),  // no signature
        header(0x00010000U),   // a flag that must be understood
        std::string{"PGCOPY\n\377\r\n\0", 11} + number(0, 4) + number(0x7fffffffU, 4),
        header() + number(1665, 2),                        // more columns than there can be
        header() + number(1, 2) + number(1001, 4),         // a field beyond the limit
        header() + number(1, 2) + number(0xfffffffeU, 4),  // a negative length that is not null
        header() + number(2, 2) + number(600, 4) + std::string(600, 'x') + number(600, 4),
        header() + trailer + "x",  // goes on after its end
    };
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        const auto got = read({wrong[i]});
        ASSERT_FALSE(got.ended) << i;
        EXPECT_EQ(got.ended.error().code, postgres_errc::bad_result) << i;
    }
}

}  // namespace
}  // namespace punctual::net::postgres
