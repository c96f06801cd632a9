#pragma once
// What a piece of work has thrown, as a value: where rows are gone through one by one, the one that breaks must not
// hold up those behind it. Beside task_group's edge; an exception is a bug all the same, and whoever catches one here
// logs it, counts it and tries the row again.

#include "net/async/task.hpp"

#include <exception>
#include <expected>
#include <string>
#include <type_traits>
#include <utility>

namespace punctual::net {

// What an exception says of itself, safe to log: its type, and its words where they can hold nothing of a row: those
// of logic errors, of error codes and of the language.
[[nodiscard]] std::string describe(const std::exception_ptr& why);

// Null: it did not throw.
template <class Work>
[[nodiscard]] std::exception_ptr caught(Work&& work) {
    try {
        std::forward<Work>(work)();
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

template <class T>
[[nodiscard]] task<std::expected<T, std::exception_ptr>> caught(task<T> child) {
    std::expected<T, std::exception_ptr> outcome = std::unexpected{std::exception_ptr{}};
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(child);
            outcome.emplace();
        } else {
            outcome.emplace(co_await std::move(child));
        }
    } catch (...) {
        outcome = std::unexpected{std::current_exception()};
    }
    co_return outcome;
}

}  // namespace punctual::net
