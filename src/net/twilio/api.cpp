#include "net/twilio/api.hpp"

#include "net/async/clock.hpp"
#include "net/twilio/retry_after.hpp"

#include <chrono>
#include <utility>

namespace punctual::net::twilio {
namespace {

wall_time wall_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

task<api_answer> api::call(https::request what, domain::lease lease, deadline until) {
    api_answer answer;
    answer.held = gate_.held(boot_now());
    if (answer.held > std::chrono::seconds{0}) {
        answer.response = failure(https::https_errc::held, "Twilio asked to slow down");
        co_return answer;
    }
    // It may wait for a connection while another request is told to slow down.
    what.may_go = [this] { return gate_.held(boot_now()) == std::chrono::seconds{0}; };
    answer.response = co_await client_.send(std::move(what), std::move(lease), until);
    if (!answer.response) {
        answer.held = gate_.held(boot_now());
        co_return answer;
    }
    constexpr unsigned too_many_requests = 429;
    const auto status = answer.response->status;
    const auto retry_after = parse_retry_after(answer.response->header("retry-after"), wall_now());
    if (status == too_many_requests || (status >= 500 && retry_after)) {
        gate_.slow_down(boot_now(), retry_after);
        answer.held = gate_.held(boot_now());
    } else {
        gate_.passed();
    }
    co_return answer;
}

std::chrono::seconds api::held() const noexcept {
    return gate_.held(boot_now());
}

task<api_answer> api::get(std::string path, deadline until) {
    return call(make_request(account_, https::method::get, path_prefix_ + path, {}), deadline::max(), until);
}

task<api_answer> api::post(std::string path, std::string form, domain::lease lease, deadline until) {
    return call(make_request(account_, https::method::post, path_prefix_ + path, std::move(form)), std::move(lease),
                until);
}

task<api_answer> api::follow(std::string target, deadline until) {
    return call(make_request(account_, https::method::get, std::move(target), {}), deadline::max(), until);
}

}  // namespace punctual::net::twilio
