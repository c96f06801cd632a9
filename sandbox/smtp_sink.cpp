#include "sandbox/smtp_sink.hpp"

#include "net/async/timer.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace punctual::sandbox {
namespace {

wall_time wall_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

smtp_sink::smtp_sink(boost::asio::io_context& context, const std::string& address, std::uint16_t port, bool tls_first,
                     smtp_options options, boost::asio::ssl::context& tls, world& state, std::function<void()> changed)
    : context_{context},
      tls_first_{tls_first},
      options_{std::move(options)},
      tls_{tls},
      state_{state},
      changed_{std::move(changed)},
      listener_{context, address, port, [this](tls_socket& with) { return converse(with); }} {}

net::task<> smtp_sink::converse(tls_socket& with) {
    smtp_session session{options_, state_.orders, tls_first_};
    std::vector<char> buffer(16UL * 1024);
    smtp_step step;
    step.start_tls = tls_first_;
    bool open = co_await act(step, with, session);
    if (open) {
        step = session.greet();
        open = co_await act(step, with, session);
    }
    while (open) {
        const auto [ec, size] = co_await with.read_some(buffer);
        if (ec) {
            break;
        }
        step = session.feed({buffer.data(), size});
        open = co_await act(step, with, session);
    }
    co_await with.finish();
}

net::task<bool> smtp_sink::act(smtp_step& step, tls_socket& with, smtp_session& session) {
    while (true) {
        const bool slow = step.delay.count() > 0;
        for (auto& mail : step.mails) {
            state_.take_mail(std::move(mail), wall_now());
        }
        if (!step.mails.empty()) {
            changed_();
        }
        if (slow) {
            net::steady_timer wait{context_.get_executor()};
            wait.expires_after(step.delay);
            if (const auto [stopped] = co_await wait.async_wait(net::use_result); stopped) {
                co_return false;
            }
        }
        if (!step.output.empty()) {
            const auto lost = co_await with.write(step.output);
            if (lost) {
                co_return false;
            }
        }
        if (step.close) {
            co_return false;
        }
        if (step.start_tls) {
            if (const auto refused = co_await with.handshake(tls_)) {
                with.close();
                co_return false;
            }
            session.tls_started();
        }
        if (!slow) {
            co_return true;
        }
        // What came behind the slow one may have been waiting.
        step = session.feed({});
        if (step.output.empty() && !step.close) {
            co_return true;
        }
    }
}

}  // namespace punctual::sandbox
