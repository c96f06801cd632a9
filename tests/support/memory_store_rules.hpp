#pragma once
// What the parts of the memory store (memory_store*.cpp) have in common. Not for anybody else to include.

#include "net/store/store_error.hpp"
#include "support/memory_store.hpp"

namespace punctual::test {

inline bool is_open(const domain::appointment_image& image) {
    return image.status == domain::appointment_status::scheduled ||
           image.status == domain::appointment_status::confirmed;
}

template <class T>
result<T> answer(store_fault fault, T value) {
    if (fault == store_fault::unknown) {
        return failure(net::store_errc::outcome_unknown);
    }
    return value;
}

}  // namespace punctual::test
