#include "net/async/caught.hpp"

#include "support/run_task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

namespace punctual::net {
namespace {

template <class Thrown>
std::string described(Thrown what) {
    return describe(std::make_exception_ptr(std::move(what)));
}

task<std::unique_ptr<int>> give(int value) {
    co_return std::make_unique<int>(value);
}

task<int> give_up() {
    throw std::logic_error{"a bug"};
    co_return 0;
}

task<> do_nothing() {
    co_return;
}

TEST(caught, gives_what_a_task_gives) {
    boost::asio::io_context context;
    const auto got = test::run_task(context, caught(give(7)));
    ASSERT_TRUE(got);
    EXPECT_EQ(**got, 7);
    EXPECT_TRUE(test::run_task(context, caught(do_nothing())));
}

TEST(caught, gives_what_a_task_has_thrown) {
    boost::asio::io_context context;
    const auto got = test::run_task(context, caught(give_up()));
    ASSERT_FALSE(got);
    EXPECT_THROW(std::rethrow_exception(got.error()), std::logic_error);
}

TEST(caught, gives_what_a_function_has_thrown_or_nothing) {
    EXPECT_FALSE(caught([] {}));
    EXPECT_TRUE(caught([] { throw std::logic_error{"a bug"}; }));
}

TEST(caught, tells_the_words_of_a_logic_error_and_of_the_language) {
    EXPECT_EQ(described(std::out_of_range{"map::at"}), "std::out_of_range: map::at");
    EXPECT_EQ(described(std::bad_alloc{}), "std::bad_alloc: std::bad_alloc");
}

TEST(caught, tells_of_an_error_code_what_it_means_and_not_what_it_is_about) {
    const auto code = std::make_error_code(std::errc::no_space_on_device);
    const auto words = described(std::system_error{code, "/home/jane"});
    EXPECT_EQ(words, "std::system_error: No space left on device");
    const auto theirs = described(boost::system::system_error{code, "/home/jane"});
    EXPECT_EQ(theirs, "boost::system::system_error: No space left on device");
}

TEST(caught, tells_of_any_other_error_its_type_alone) {
    EXPECT_EQ(described(std::runtime_error{"Jane Citizen is no time zone"}), "std::runtime_error");
    EXPECT_EQ(described(std::string{"Jane Citizen"}), "not a std::exception");
}

}  // namespace
}  // namespace punctual::net
