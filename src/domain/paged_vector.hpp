#pragma once
// A growing array of plain values whose elements never move. Growing by pages instead of by doubling
// keeps a million records at the memory of a million records, also while it grows.
// It does not shrink: its users reuse their holes.

#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace punctual::domain {

template <class T, std::size_t PageBits>
class paged_vector {
    static_assert(std::is_trivially_copyable_v<T>);
    static constexpr std::size_t page_size = std::size_t{1} << PageBits;

public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // The caller keeps index < size().
    [[nodiscard]] T& operator[](std::size_t index) noexcept {
        return pages_[index >> PageBits][index & (page_size - 1)];
    }
    [[nodiscard]] const T& operator[](std::size_t index) const noexcept {
        return pages_[index >> PageBits][index & (page_size - 1)];
    }

    void push_back(const T& value) {
        if (size_ == pages_.size() * page_size) {
            pages_.push_back(std::make_unique_for_overwrite<T[]>(page_size));
        }
        ++size_;
        (*this)[size_ - 1] = value;
    }

    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return pages_.size() * page_size * sizeof(T) + pages_.capacity() * sizeof(pages_[0]);
    }

private:
    std::vector<std::unique_ptr<T[]>> pages_;
    std::size_t size_ = 0;
};

}  // namespace punctual::domain
