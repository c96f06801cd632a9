#include "commands/errand.hpp"

#include "commands/database_check.hpp"
#include "commands/first_trouble.hpp"
#include "net/async/task_group.hpp"
#include "net/store/store_error.hpp"
#include "wiring.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <utility>

namespace punctual::commands {
namespace {

int tell(const std::exception_ptr& why) {
    try {
        std::rethrow_exception(why);
    } catch (const std::exception& thrown) {
        std::cerr << "punctuald: " << thrown.what() << '\n';
    } catch (...) {
        std::cerr << "punctuald: broke\n";
    }
    return 1;
}

net::task<> keep_code(net::task<int> work, int& code) {
    code = co_await std::move(work);
}

net::task<result<>> find_migrated(net::postgres::client& database, deadline until) {
    const auto state = co_await net::read_migration_state(database, until);
    if (!state) {
        co_return std::unexpected{state.error()};
    }
    if (!state->missing.empty()) {
        co_return failure(net::store_errc::schema_drift, what_to_migrate(*state));
    }
    co_return result<>{};
}

class database_errand {
public:
    using work = std::function<net::task<result<int>>(net::postgres::client&, net::clock&)>;

    database_errand(net::postgres::client& database, net::clock& clock, const work& what)
        : database_{database}, clock_{clock}, what_{what} {}

    net::task<> run() {
        ended_ = co_await find_migrated(database_, clock_.boot_now() + first_look);
        if (ended_) {
            auto code = co_await what_(database_, clock_);
            if (code) {
                code_ = *code;
            } else {
                ended_ = std::unexpected{std::move(code).error()};
            }
        }
        database_.stop();
    }

    [[nodiscard]] const result<>& ended() const noexcept { return ended_; }
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    // More than the client takes to give up an address that swallows packets.
    static constexpr std::chrono::seconds first_look{8};

    net::postgres::client& database_;
    net::clock& clock_;
    const work& what_;
    result<> ended_;
    int code_ = 1;
};

std::string sentence_of(const error& what) {
    // What this program says itself needs no class behind it.
    return what.code == net::store_errc::schema_drift && !what.detail.empty() ? what.detail : why_refused(what);
}

}  // namespace

int run_errand(const std::function<net::task<int>(boost::asio::io_context&, net::clock&)>& work) {
    boost::asio::io_context context{1};
    const auto clock = net::make_system_clock(context);
    int code = 1;
    net::task_group group{context.get_executor(), [&code](std::string_view, const std::exception_ptr& why) {
                              if (why) {
                                  code = tell(why);
                              }
                          }};
    group.spawn("errand", keep_code(work(context, *clock), code));
    context.run();
    return code;
}

int run_errand(const config::settings& settings, const database_access& access,
               const std::function<net::task<result<int>>(net::postgres::client&, net::clock&)>& work) {
    boost::asio::io_context context{1};
    first_trouble trouble;
    const auto clock = net::make_system_clock(context);
    auto options = wiring::database(settings, access.application_name);
    options.read_only = access.read_only;
    const auto database = net::postgres::make_client(context, trouble, std::move(options));
    trouble.on_trouble = [&database] { database->stop(); };
    bool broke = false;
    net::task_group group{context.get_executor(), [&](std::string_view, const std::exception_ptr& why) {
                              if (why) {
                                  tell(why);
                                  broke = true;
                                  database->stop();
                              }
                          }};
    database_errand errand{*database, *clock, work};
    group.spawn("database", database->run());
    group.spawn("errand", errand.run());
    context.run();
    if (!broke && !errand.ended()) {
        const auto why = trouble.why().empty() ? sentence_of(errand.ended().error()) : trouble.why();
        std::cerr << "punctuald: database: " << why << '\n';
    }
    return broke ? 1 : errand.code();
}

}  // namespace punctual::commands
