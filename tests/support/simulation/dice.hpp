#pragma once
// Everything that is random in a simulation comes from one of these, made from its seed. Own arithmetic: the
// standard library's distributions differ between its versions, and a seed is to mean the same for years.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace punctual::test {

// SplitMix64 (Steele, Lea, Flood 2014).
class dice {
public:
    explicit dice(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        auto bits = state_;
        bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
        bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
        return bits ^ (bits >> 31);
    }
    // 0 to count - 1.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
    bool one_in(std::size_t count) { return below(count) == 0; }
    // [0, 1)
    double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    template <class Duration>
    Duration between(Duration least, Duration most) {
        const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
        return least + Duration{static_cast<typename Duration::rep>(next() % span)};
    }

private:
    std::uint64_t state_;
};

}  // namespace punctual::test
