#include "net/memory/boot_pages.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <string>

namespace punctual::net {
namespace {

// KiB of this process that are resident, by whether they are of files.
std::map<std::string, long> resident() {
    std::map<std::string, long> found;
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("Rss")) {
            found[line.substr(0, line.find(':'))] = std::stol(line.substr(line.find(':') + 1));
        }
    }
    return found;
}

int relocated = 7;
// Has the loader write an address into it, and be read-only after that.
const std::array<const int*, 2> pointers{&relocated, &relocated};

TEST(boot_pages, are_given_back_and_nothing_is_lost) {
    const std::string heap(100'000, 'x');
    const auto before = resident();
    release_boot_pages();
    const auto after = resident();
    EXPECT_LT(after.at("RssFile"), before.at("RssFile") * 3 / 4);
    EXPECT_EQ(heap, std::string(100'000, 'x'));
    const volatile auto* at = &pointers;
    EXPECT_EQ(*(*const_cast<const std::array<const int*, 2>*>(at))[1], 7);
}

TEST(boot_pages, may_be_given_back_again) {
    release_boot_pages();
    release_boot_pages();
    EXPECT_GT(resident().at("RssFile"), 0);
}

}  // namespace
}  // namespace punctual::net
