// punctual-sandbox: a local stand-in for Twilio and a mail server.

#include "sandbox/options.hpp"
#include "sandbox/sandbox.hpp"

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

void announce(const punctual::sandbox::sandbox_options& options, const punctual::sandbox::sandbox_ports& open) {
    const bool v6 = options.address.find(':') != std::string::npos;
    const auto host = v6 ? "[" + options.address + "]" : options.address;
    std::printf("punctual-sandbox: page and Twilio API at http://%s:%d/, SMTP at %s:%d\n", host.c_str(), int{open.http},
                host.c_str(), int{open.smtp});
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace punctual;
    auto options = sandbox::parse_command_line(argc, argv);
    if (!options) {
        std::fputs(options.error().text.c_str(), options.error().exit_code == 0 ? stdout : stderr);
        return options.error().exit_code;
    }
    try {
        // A client that goes away while we write is an error code, not a signal.
        std::signal(SIGPIPE, SIG_IGN);
        boost::asio::io_context context{1};
        sandbox::sandbox_server server{context, *options};
        boost::asio::signal_set signals{context, SIGINT, SIGTERM};
        signals.async_wait([&](const boost::system::error_code& ec, int) {
            if (!ec) {
                server.stop();
            }
        });
        announce(*options, server.ports());
        net::task_group root{context.get_executor(), [&](std::string_view, const std::exception_ptr& why) {
                                 signals.cancel();
                                 if (why) {
                                     std::rethrow_exception(why);
                                 }
                             }};
        root.spawn("sandbox", server.run());
        context.run();
        return 0;
    } catch (const std::exception& why) {
        std::fprintf(stderr, "punctual-sandbox: %s\n", why.what());
        return 1;
    }
}
