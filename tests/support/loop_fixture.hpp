#pragma once
// A loop and how to run things on it: what most component tests begin with.

#include "net/async/clock.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace punctual::test {

class loop_fixture : public testing::Test {
protected:
    loop_fixture() = default;

    template <class T>
    T run(net::task<T> work) {
        return run_task(context, std::move(work));
    }

    static deadline within(std::chrono::milliseconds time) { return net::boot_now() + time; }

    boost::asio::io_context context;
};

}  // namespace punctual::test
