#include "http/router.hpp"

#include "embedded/openapi.hpp"
#include "http/api.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <array>
#include <set>
#include <string>

namespace punctual::http {
namespace {

constexpr std::array<route<int>, 5> table{{{method::get, "/a/{id}", 1},
                                           {method::post, "/a/{id}", 2},
                                           {method::get, "/a/last", 3},
                                           {method::get, "/a/{id}/b", 4},
                                           {method::post, "/a/{id}/b/{word}/c", 5}}};

auto look(method verb, std::string_view path) {
    return find_route(std::span<const route<int>>{table}, verb, path);
}

TEST(router, finds_the_method_and_the_number) {
    const auto match = look(method::post, "/a/9223372036854775807");
    ASSERT_NE(match.found, nullptr);
    EXPECT_EQ(match.found->handler, 2);
    EXPECT_EQ(match.id, 9223372036854775807);
    ASSERT_NE(look(method::get, "/a/12/b").found, nullptr);
    EXPECT_EQ(look(method::get, "/a/12/b").found->handler, 4);
    EXPECT_EQ(look(method::get, "/a/last").found->handler, 3);
}

TEST(router, gives_the_word_that_stands_for_another_one) {
    const auto match = look(method::post, "/a/12/b/x-1/c");
    ASSERT_NE(match.found, nullptr);
    EXPECT_EQ(match.found->handler, 5);
    EXPECT_EQ(match.id, 12);
    EXPECT_EQ(match.name, "x-1");
    EXPECT_EQ(look(method::post, "/a/12/b//c").found, nullptr);
    EXPECT_EQ(look(method::post, "/a/12/b/x/y/c").found, nullptr);
    EXPECT_EQ(look(method::post, "/a/12/b/x/c/").found, nullptr);
}

TEST(router, answers_head_as_get) {
    EXPECT_EQ(look(method::head, "/a/1").found->handler, 1);
}

TEST(router, names_the_methods_of_a_path_that_has_others) {
    EXPECT_EQ(look(method::put, "/a/1").allow, "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(look(method::put, "/a/1").found, nullptr);
    EXPECT_EQ(look(method::post, "/nothing").allow, "");
}

TEST(router, takes_decimal_digits_alone_for_a_number) {
    for (const std::string_view id : {"", "-1", "+1", " 1", "1 ", "1e3", "0x1", "1.0", "9223372036854775808", "abc",
                                      "1;--", "1' OR '1'='1", "\xd9\xa1", "1/2"}) {
        EXPECT_EQ(look(method::get, "/a/" + std::string{id}).found, nullptr) << id;
        EXPECT_EQ(look(method::get, "/a/" + std::string{id} + "/b").found, nullptr) << id;
    }
}

TEST(openapi, describes_every_route_and_nothing_else) {
    const auto document = boost::json::parse(embedded::openapi().front().text);
    std::set<std::string> described;
    std::set<std::string> with_bearer;
    for (const auto& [path, operations] : document.at("paths").as_object()) {
        std::string pattern{path};
        if (pattern.ends_with('/')) {
            pattern.pop_back();
        }
        for (const auto& [verb, operation] : operations.as_object()) {
            std::string name{verb};
            for (auto& c : name) {
                c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            }
            described.insert(name + " " + pattern);
            const auto* security = operation.as_object().if_contains("security");
            if (security != nullptr && security->at(0).as_object().contains("bearer")) {
                with_bearer.insert(name + " " + pattern);
            }
        }
    }
    std::set<std::string> routed;
    std::set<std::string> routed_with_bearer;
    for (const auto& one : api_routes()) {
        auto text = std::string{to_string(one.method)} + " " + std::string{one.pattern};
        if (one.needs_bearer) {
            routed_with_bearer.insert(text);
        }
        routed.insert(std::move(text));
    }
    EXPECT_EQ(described, routed);
    EXPECT_EQ(with_bearer, routed_with_bearer);
    EXPECT_TRUE(document.at("openapi").as_string().starts_with("3.1"));
}

}  // namespace
}  // namespace punctual::http
