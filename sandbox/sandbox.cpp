#include "sandbox/sandbox.hpp"

#include "sandbox/text.hpp"

#include <boost/asio/ssl/context.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace punctual::sandbox {
namespace {

// Whole or not at all: whoever waits for the file may read it as soon as it is there.
void write_file(const std::string& path, const std::string& text) {
    const auto draft = path + ".part";
    std::ofstream out{draft, std::ios::binary | std::ios::trunc};
    out << text;
    out.close();
    std::error_code ec;
    if (out) {
        std::filesystem::rename(draft, path, ec);
    }
    if (!out || ec) {
        throw std::runtime_error{"cannot write " + path};
    }
}

// One line for a terminal: nobody's text may move the cursor.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, text.find_first_of("\r\n"))) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7F ? ' ' : c;
    }
    return out;
}

http::server_options http_options(const std::string& address, std::uint16_t port) {
    http::server_options made;
    made.address = address;
    made.port = port;
    made.body_limit = 1024UL * 1024;
    return made;
}

}  // namespace

sandbox_server::sandbox_server(boost::asio::io_context& context, sandbox_options options)
    : context_{context},
      options_{std::move(options)},
      certificate_{make_certificate()},
      tls_{make_server_context(certificate_)},
      world_{options_.world},
      clock_{net::make_system_clock(context)},
      alarm_{clock_->make_wall_alarm()},
      webhooks_{context, world_, options_.callback_ca},
      front_{context, world_, [this] { changed(); }, false},
      secure_front_{context, world_, [this] { changed(); }, true},
      http_{http::make_server(context, front_, http_options(options_.address, options_.http_port))},
      parts_{context.get_executor(), {}} {
    http_->open();
    const auto mailed = [this] { changed(); };
    smtp_.emplace(context, options_.address, options_.smtp_port, false, options_.smtp, *tls_, world_, mailed);
    if (options_.smtps_port) {
        smtps_.emplace(context, options_.address, *options_.smtps_port, true, options_.smtp, *tls_, world_, mailed);
    }
    if (options_.https_port) {
        inner_http_ = http::make_server(context, secure_front_, http_options("127.0.0.1", 0));
        inner_http_->open();
        https_.emplace(context, options_.address, *options_.https_port, inner_http_->port(), *tls_);
    }
    write_files();
}

sandbox_server::~sandbox_server() = default;

sandbox_ports sandbox_server::ports() const {
    return {http_->port(), https_ ? https_->port() : std::uint16_t{}, smtp_->port(),
            smtps_ ? smtps_->port() : std::uint16_t{}};
}

void sandbox_server::write_files() const {
    if (!options_.ca_out.empty()) {
        write_file(options_.ca_out, certificate_.ca_pem);
    }
    if (options_.ports_file.empty()) {
        return;
    }
    const auto open = ports();
    std::string text = "HTTP_PORT=" + std::to_string(open.http) + "\nSMTP_PORT=" + std::to_string(open.smtp) + "\n";
    if (open.https != 0) {
        text += "HTTPS_PORT=" + std::to_string(open.https) + "\n";
    }
    if (open.smtps != 0) {
        text += "SMTPS_PORT=" + std::to_string(open.smtps) + "\n";
    }
    write_file(options_.ports_file, text);
}

net::task<> sandbox_server::run() {
    parts_.spawn("http", http_->run());
    parts_.spawn("smtp", smtp_->run());
    if (smtps_) {
        parts_.spawn("smtps", smtps_->run());
    }
    if (https_) {
        parts_.spawn("https", https_->run());
        parts_.spawn("inner_http", inner_http_->run());
    }
    parts_.spawn("webhooks", webhooks_.run());
    parts_.spawn("time", keep_time());
    co_await parts_.wait();
}

void sandbox_server::stop() {
    if (std::exchange(stopping_, true)) {
        return;
    }
    front_.stop();
    secure_front_.stop();
    http_->abort();
    smtp_->stop();
    if (smtps_) {
        smtps_->stop();
    }
    if (https_) {
        https_->stop();
        inner_http_->abort();
    }
    webhooks_.stop();
    alarm_->poke();
}

net::task<> sandbox_server::keep_time() {
    while (!stopping_) {
        armed_ = wall_time::min();
        world_.advance(clock_->wall_now());
        changed();
        armed_ = world_.next_due().value_or(clock_->wall_now() + std::chrono::hours{24});
        if (co_await alarm_->wait_until(armed_) == net::woken::cancelled) {
            break;
        }
    }
}

void sandbox_server::changed() {
    for (auto& each : world_.take_callbacks()) {
        webhooks_.push(std::move(each));
    }
    print_deliveries();
    if (const auto next = world_.next_due(); next && *next < armed_) {
        alarm_->poke();
    }
}

void sandbox_server::print_deliveries() {
    for (const auto* each : world_.inbox.since(printed_, 10'000)) {
        printed_ = each->n;
        if (!options_.print) {
            continue;
        }
        const auto first_line = each->channel == domain::channel::email ? each->subject
                                : each->body.empty() ? each->content_sid + " " + each->content_variables
                                                     : each->body;
        const auto line = iso_micros(each->received_at) + "  " + std::string{domain::to_string(each->channel)} +
                          (each->inbound ? " from " + printable(each->from) : " to " + printable(each->to)) + "  " +
                          printable(first_line) + "\n";
        std::fputs(line.c_str(), stdout);
    }
    if (options_.print) {
        std::fflush(stdout);
    }
}

}  // namespace punctual::sandbox
