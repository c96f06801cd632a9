#pragma once
// Calls webhooks as Twilio does: signed with the auth token, 5 s to connect, 15 s in all, one retry on
// a failed connect alone unless the URL's fragment asks for more (#rc=3&rp=all; see
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides). Several at once over kept
// connections, so they may overtake each other, as Twilio's do.

#include "net/async/byte_stream.hpp"
#include "net/async/task.hpp"
#include "net/async/task_group.hpp"
#include "net/async/timer.hpp"
#include "sandbox/webhook_request.hpp"
#include "sandbox/world.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace punctual::sandbox {

class webhook_caller {
public:
    // References must outlive it. `ca_file`: trust roots for https webhooks beside the system's.
    webhook_caller(boost::asio::io_context& context, world& state, const std::string& ca_file);

    // At most a bounded number waits; what comes beyond is dropped and noted as an error.
    void push(callback what);
    // Until stop(); what still waits is dropped.
    [[nodiscard]] net::task<> run();
    void stop();

private:
    struct job {
        callback what;
        bool bad_signature = false;
    };
    struct connection {
        std::unique_ptr<net::byte_stream> stream;
        net::endpoint to;
    };

    [[nodiscard]] net::task<> work();
    [[nodiscard]] net::task<> call(job what, connection& kept);
    [[nodiscard]] net::task<webhook_answer> attempt(const webhook_request& request, connection& kept);
    void queue(job what, deadline not_before);

    boost::asio::io_context& context_;
    world& state_;
    std::unique_ptr<net::connector> connector_;
    std::multimap<deadline, job> waiting_;
    std::list<net::steady_timer*> idle_;
    std::list<net::byte_stream*> open_;
    net::task_group workers_;
    bool stopping_ = false;
};

}  // namespace punctual::sandbox
