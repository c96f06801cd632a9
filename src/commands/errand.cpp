#include "commands/errand.hpp"

#include "net/async/task_group.hpp"
#include "wiring.hpp"

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

net::task<> keep_code_and_close(net::task<int> work, int& code, net::postgres::client& database) {
    code = co_await std::move(work);
    database.stop();
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
               const std::function<net::task<int>(net::postgres::client&, net::clock&)>& work) {
    boost::asio::io_context context{1};
    const auto log = net::make_null_logger();
    const auto clock = net::make_system_clock(context);
    auto options = wiring::database(settings, access.application_name);
    options.read_only = access.read_only;
    const auto database = net::postgres::make_client(context, *log, std::move(options));
    int code = 1;
    net::task_group group{context.get_executor(), [&](std::string_view, const std::exception_ptr& why) {
                              if (why) {
                                  code = tell(why);
                                  database->stop();
                              }
                          }};
    group.spawn("database", database->run());
    group.spawn("errand", keep_code_and_close(work(*database, *clock), code, *database));
    context.run();
    return code;
}

}  // namespace punctual::commands
