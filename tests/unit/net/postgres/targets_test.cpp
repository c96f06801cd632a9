#include "net/postgres/targets.hpp"

#include "net/postgres/database.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace punctual::net::postgres {
namespace {

target_list parse(const std::string& conninfo) {
    return parse_targets(conninfo, "punctuald").value();
}

std::string keyword(const target& in, std::string_view name) {
    const auto found = std::ranges::find(in.with, name, &libpq::keywords::value_type::first);
    return found == in.with.end() ? "" : found->second;
}

TEST(targets, takes_each_host_of_a_uri_with_its_port) {
    const auto found = parse("postgresql://ann@one.example:5433,[::1]:5434/clinic?sslmode=verify-full");
    ASSERT_EQ(found.hosts.size(), 2U);
    EXPECT_EQ(found.hosts[0].label, "one.example:5433");
    EXPECT_EQ(found.hosts[0].host, "one.example");
    EXPECT_EQ(keyword(found.hosts[0], "host"), "one.example");
    EXPECT_EQ(keyword(found.hosts[0], "port"), "5433");
    EXPECT_EQ(keyword(found.hosts[0], "dbname"), "clinic");
    EXPECT_EQ(keyword(found.hosts[1], "port"), "5434");
    EXPECT_EQ(keyword(found.hosts[1], "sslmode"), "verify-full");
    EXPECT_EQ(found.hosts[1].host, "") << "an address is not looked up";
}

TEST(targets, uses_one_port_for_all_hosts) {
    const auto found = parse("host=a,b port=6000");
    ASSERT_EQ(found.hosts.size(), 2U);
    EXPECT_EQ(keyword(found.hosts[1], "port"), "6000");
}

TEST(targets, looks_up_neither_sockets_nor_hosts_with_an_address) {
    EXPECT_EQ(parse("host=/run/postgresql port=5432").hosts[0].host, "");
    EXPECT_EQ(parse("host=db.example hostaddr=10.0.0.1 port=5432").hosts[0].host, "");
    EXPECT_EQ(keyword(parse("host=db.example hostaddr=10.0.0.1 port=5432").hosts[0], "hostaddr"), "10.0.0.1");
}

TEST(targets, notices_a_dead_peer_unless_told_otherwise) {
    EXPECT_EQ(keyword(parse("host=a").hosts[0], "tcp_user_timeout"), "8000");
    EXPECT_EQ(keyword(parse("host=a").hosts[0], "keepalives_idle"), "5");
    EXPECT_EQ(keyword(parse("host=a tcp_user_timeout=1234").hosts[0], "tcp_user_timeout"), "1234");
}

TEST(targets, wants_a_writable_server_unless_told_otherwise) {
    EXPECT_TRUE(parse("host=a").must_be_writable);
    EXPECT_TRUE(parse("host=a target_session_attrs=read-write").must_be_writable);
    const auto any = parse("host=a target_session_attrs=any");
    EXPECT_FALSE(any.must_be_writable);
    EXPECT_EQ(keyword(any.hosts[0], "target_session_attrs"), "any");
}

TEST(targets, refuses_what_does_not_parse_without_quoting_it) {
    for (const auto* wrong : {"password='secret", "postgresql://x:secret@[::1/db", "secret", "host=a,b port=1,2,3",
                              "host=a,b hostaddr=10.0.0.1 port=5432"}) {
        const auto found = parse_targets(wrong, "punctuald");
        ASSERT_FALSE(found) << wrong;
        EXPECT_EQ(found.error().message().find("secret"), std::string::npos) << found.error().message();
    }
}

}  // namespace
}  // namespace punctual::net::postgres
