#include "net/async/private_host.hpp"

#include <gtest/gtest.h>

namespace punctual::net {
namespace {

TEST(private_host, is_this_machine_or_this_network) {
    for (const auto* const host : {"localhost",
                                   "LocalHost",
                                   "localhost.",
                                   "api.localhost",
                                   "clinic.local",
                                   "db.internal",
                                   "127.0.0.1",
                                   "127.9.9.9",
                                   "0.0.0.0",
                                   "10.0.0.1",
                                   "10.255.255.255",
                                   "172.16.0.1",
                                   "172.31.255.255",
                                   "192.168.1.20",
                                   "169.254.1.1",
                                   "100.64.0.1",
                                   "::1",
                                   "[::1]",
                                   "::",
                                   "fe80::1",
                                   "fd00::1",
                                   "[fc00::1]",
                                   "::ffff:10.0.0.1"}) {
        EXPECT_TRUE(is_private_host(host)) << host;
    }
}

TEST(private_host, is_no_address_of_the_internet_and_no_name_that_only_looks_like_one) {
    for (const auto* const host : {"api.clinic.example", "127.0.0.1.example.com", "localhost.example.com",
                                   "9.255.255.255", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1",
                                   "100.128.0.1", "203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7", ""}) {
        EXPECT_FALSE(is_private_host(host)) << host;
    }
}

}  // namespace
}  // namespace punctual::net
