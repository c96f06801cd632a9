#pragma once
// What happened in a simulation, as one number (FNV-1a), and as text when a seed is looked into.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::test {

class trace {
public:
    explicit trace(bool keep) : keep_{keep} {}

    void add(std::string_view line) {
        for (const auto letter : line) {
            hash_ = (hash_ ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
        }
        hash_ = (hash_ ^ 0xff) * 0x100000001b3;
        if (keep_) {
            lines_.emplace_back(line);
        }
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    std::uint64_t hash_ = 0xcbf29ce484222325;
    bool keep_;
    std::vector<std::string> lines_;
};

}  // namespace punctual::test
