#include "sandbox/webhook_caller.hpp"

#include "net/async/clock.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t workers = 16;
constexpr std::size_t queue_limit = 200'000;
constexpr std::size_t answer_limit = 256UL * 1024;
constexpr auto connect_time = 5s;
constexpr auto total_time = 15s;

wall_time wall_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

webhook_caller::webhook_caller(boost::asio::io_context& context, world& state, const std::string& ca_file)
    : context_{context},
      state_{state},
      connector_{net::make_connector(context, ca_file)},
      workers_{context.get_executor(), {}} {}

void webhook_caller::push(callback what) {
    const auto fault = state_.orders.take_callback();
    using kind = callback_fault::kind;
    const auto is = [&](kind which) { return fault && fault->what == which; };
    if (is(kind::lose)) {
        state_.note_webhook({0, std::move(what), 0, 0, "lost by order", wall_now()});
        return;
    }
    const auto now = net::boot_now();
    job one{std::move(what), is(kind::bad_signature)};
    if (is(kind::duplicate)) {
        queue(one, now);
    }
    queue(std::move(one), is(kind::delay) ? now + fault->delay : now);
}

void webhook_caller::queue(job what, deadline not_before) {
    if (waiting_.size() >= queue_limit) {
        state_.note_webhook({0, std::move(what.what), 0, 0, "too many webhooks wait", wall_now()});
        return;
    }
    waiting_.emplace(not_before, std::move(what));
    if (!idle_.empty()) {
        idle_.front()->cancel();
        idle_.pop_front();
    }
}

net::task<> webhook_caller::run() {
    for (std::size_t i = 0; i < workers; ++i) {
        workers_.spawn("webhook_worker", work());
    }
    co_await workers_.wait();
}

void webhook_caller::stop() {
    stopping_ = true;
    for (auto* timer : std::exchange(idle_, {})) {
        timer->cancel();
    }
    for (auto* stream : open_) {
        stream->close();
    }
    workers_.cancel();
}

net::task<> webhook_caller::work() {
    net::steady_timer timer{context_.get_executor()};
    connection kept;
    while (!stopping_) {
        const auto now = net::boot_now();
        if (!waiting_.empty() && waiting_.begin()->first <= now) {
            auto next = std::move(waiting_.begin()->second);
            waiting_.erase(waiting_.begin());
            co_await call(std::move(next), kept);
            continue;
        }
        if (waiting_.empty()) {
            timer.expires_at(net::steady_timer::time_point::max());
        } else {
            timer.expires_after(waiting_.begin()->first - now);
        }
        idle_.push_back(&timer);
        co_await timer.async_wait(net::use_result);
        std::erase(idle_, &timer);
    }
}

net::task<> webhook_caller::call(job what, connection& kept) {
    const auto token = what.bad_signature ? std::string{"not the auth token"} : state_.credentials.auth_token;
    const auto request = make_webhook_request(what.what, token);
    called_webhook note;
    note.what = std::move(what.what);
    if (!request) {
        note.error = "the URL cannot be called";
        note.ended_at = wall_now();
        state_.note_webhook(std::move(note));
        co_return;
    }
    webhook_answer answer;
    while (note.attempts <= request->retries && !stopping_) {
        const bool reused = kept.stream != nullptr;
        answer = co_await attempt(*request, kept);
        if (reused && answer.connected && answer.status == 0) {
            // A kept connection that its server was just closing says nothing about the server.
            answer = co_await attempt(*request, kept);
        }
        ++note.attempts;
        const bool failed = answer.status == 0 || answer.status >= 400;
        if (!failed || (answer.connected && !request->retry_answers)) {
            break;
        }
    }
    note.status = answer.status;
    note.error = answer.error;
    note.ended_at = wall_now();
    state_.note_webhook(std::move(note));
}

net::task<webhook_answer> webhook_caller::attempt(const webhook_request& request, connection& kept) {
    const auto now = net::boot_now();
    const deadline until = now + total_time;
    webhook_answer answer;
    if (!kept.stream || kept.to != request.to || kept.stream->is_stale()) {
        auto made = co_await connector_->connect(request.to, now + connect_time);
        if (!made) {
            answer.error = made.error().message();
            co_return answer;
        }
        kept.stream = std::move(*made);
        kept.to = request.to;
    }
    answer.connected = true;
    auto& stream = *kept.stream;
    open_.push_back(&stream);
    std::string got;
    std::optional<answer_head> head;
    std::array<char, 4096> piece{};
    auto written = co_await stream.write(request.bytes, until);
    bool ok = written.has_value();
    if (!ok) {
        answer.error = written.error().message();
    }
    while (ok && (!head || got.size() < head->length)) {
        const auto size = co_await stream.read_some(piece, until);
        if (!size || got.size() > answer_limit) {
            answer.error = size ? "the answer is too long" : size.error().message();
            ok = false;
            break;
        }
        got.append(piece.data(), *size);
        if (!head) {
            head = read_answer_head(got);
        }
    }
    std::erase(open_, &stream);
    if (head && ok) {
        answer.status = head->status;
        answer.keep_alive = head->keep_alive && got.size() == head->length;
    }
    if (!answer.keep_alive) {
        kept.stream->close();
        kept.stream.reset();
    }
    co_return answer;
}

}  // namespace punctual::sandbox
