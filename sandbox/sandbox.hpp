#pragma once
// The whole stand-in: builds its parts, opens their ports, runs and stops them.

#include "http/server.hpp"
#include "net/async/clock.hpp"
#include "net/async/task.hpp"
#include "net/async/task_group.hpp"
#include "sandbox/certificate.hpp"
#include "sandbox/front.hpp"
#include "sandbox/smtp_sink.hpp"
#include "sandbox/tls_front.hpp"
#include "sandbox/webhook_caller.hpp"
#include "sandbox/world.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace punctual::sandbox {

struct sandbox_options {
    std::string address = "127.0.0.1";  // loopback only
    std::uint16_t http_port = 8600;     // 0 anywhere: a free one, see ports()
    std::uint16_t smtp_port = 2525;
    std::optional<std::uint16_t> https_port;  // none: no HTTPS
    std::optional<std::uint16_t> smtps_port;  // implicit TLS; none: off
    world_options world;
    smtp_options smtp;
    std::string callback_ca;  // PEM file, trust roots for https webhooks
    std::string ca_out;       // where to write the CA of our own certificate
    std::string ports_file;   // where to write the ports, KEY=VALUE
    bool print = false;       // each delivery as a line on stdout
};

struct sandbox_ports {
    std::uint16_t http = 0;
    std::uint16_t https = 0;  // 0: off
    std::uint16_t smtp = 0;
    std::uint16_t smtps = 0;  // 0: off
};

class sandbox_server {
public:
    // Opens everything; throws std::runtime_error (boost::system::system_error for a port) with a
    // sentence. The context must outlive it.
    sandbox_server(boost::asio::io_context& context, sandbox_options options);
    ~sandbox_server();
    sandbox_server(const sandbox_server&) = delete;
    sandbox_server& operator=(const sandbox_server&) = delete;

    [[nodiscard]] sandbox_ports ports() const;
    [[nodiscard]] const std::string& ca_pem() const noexcept { return certificate_.ca_pem; }
    [[nodiscard]] world& state() noexcept { return world_; }
    // Until stop().
    [[nodiscard]] net::task<> run();
    void stop();

private:
    [[nodiscard]] net::task<> keep_time();
    void changed();
    void print_deliveries();
    void write_files() const;

    boost::asio::io_context& context_;
    sandbox_options options_;
    certificate certificate_;
    std::unique_ptr<boost::asio::ssl::context> tls_;
    world world_;
    std::unique_ptr<net::clock> clock_;
    std::unique_ptr<net::wall_alarm> alarm_;
    webhook_caller webhooks_;
    front front_;
    front secure_front_;
    std::unique_ptr<http::server> http_;
    std::unique_ptr<http::server> inner_http_;  // what tls_front relays to
    std::optional<tls_front> https_;
    std::optional<smtp_sink> smtp_;
    std::optional<smtp_sink> smtps_;
    net::task_group parts_;
    wall_time armed_{};  // what keep_time waits for
    std::uint64_t printed_ = 0;
    bool stopping_ = false;
};

}  // namespace punctual::sandbox
