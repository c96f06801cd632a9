#include "jobs/recorder.hpp"

#include "domain/planted_bug.hpp"
#include "net/store/store_error.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t largest_batch = 1000;
constexpr auto statement_time = 10s;
constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 5000ms;

// What a provider said, as it said it.
bool has_words(const domain::outcome& what) noexcept {
    return !what.error_text.empty() || !what.provider_status.empty() || !what.error_code.empty();
}

void drop_words(domain::outcome& what) noexcept {
    what.error_text.clear();
    what.provider_status.clear();
    what.error_code.clear();
}

}  // namespace

recorder::recorder(net::store& store, net::clock& clock, net::logger& log)
    : store_{store}, clock_{clock}, log_{log}, alarm_{clock.make_alarm()}, not_accepted_{log} {}

void recorder::add(domain::outcome what) {
    waiting_.push_back(std::move(what));
    alarm_->poke();
}

net::task<> recorder::run() {
    waiting_.insert(waiting_.begin(), in_hand_.begin(), in_hand_.end());
    in_hand_.clear();
    while (!given_up_) {
        not_accepted_.tell(clock_.boot_now());
        if (waiting_.empty()) {
            if (stopping_) {
                break;
            }
            if (co_await alarm_->wait_until(not_accepted_.due()) == net::woken::cancelled) {
                break;
            }
            continue;
        }
        const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), largest_batch));
        in_hand_.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.begin() + count));
        waiting_.erase(waiting_.begin(), waiting_.begin() + count);
        auto batch = in_hand_;
        const bool written = co_await write(std::move(batch));
        const bool was_full = is_full();
        for (const auto& one : std::exchange(in_hand_, {})) {
            not_accepted_.add(one);
        }
        if (!written) {
            break;
        }
        if (was_full && !is_full()) {
            for (const auto& listener : relief_listeners_) {
                listener();
            }
        }
    }
    not_accepted_.tell_the_rest();
}

bool recorder::holds(const domain::delivery_id& id) const {
    return std::ranges::find(in_hand_, id, &domain::outcome::id) != in_hand_.end() ||
           std::ranges::find(waiting_, id, &domain::outcome::id) != waiting_.end();
}

void recorder::append_held(std::vector<domain::delivery_id>& to) const {
    std::ranges::transform(in_hand_, std::back_inserter(to), &domain::outcome::id);
    std::ranges::transform(waiting_, std::back_inserter(to), &domain::outcome::id);
}

net::task<bool> recorder::write(std::vector<domain::outcome> batch) {
    auto pause = first_pause;
    while (!given_up_) {
        auto copy = batch;
        const auto written = co_await store_.record(std::move(copy), clock_.boot_now() + statement_time);
        if (written) {
            trouble_.over();
            for (const auto& one : batch) {
                const bool waits = one.state == domain::delivery_state::retrying;
                if (!waits && !one.sms_instead) {
                    continue;
                }
                for (const auto& listener : retry_listeners_) {
                    listener(one.id, waits ? one.next_attempt_at : one.at);
                }
            }
            co_return true;
        }
        if (written.error().code == net::store_errc::bad_value) {
            if (batch.size() > 1) {
                co_return co_await write_apart(std::move(batch));
            }
            auto& one = batch.front();
            if (!has_words(one)) {
                // Its row stays claimed, and is reconciled when the lease is over.
                log_.error("outcome_refused", {{"delivery", one.id}, {"error", written.error().message()}});
                co_return true;
            }
            log_.warning("outcome_words_refused", {{"delivery", one.id}, {"error", written.error().message()}});
            drop_words(one);
            continue;
        }
        if (trouble_.is_new(written.error().message())) {
            log_.warning("outcomes_not_recorded", {{"count", batch.size()}, {"error", written.error().message()}});
        }
        if (domain::planted_bug::is(domain::planted_bug::mistake::batch_dropped)) {
            co_return true;
        }
        const auto until = clock_.boot_now() + pause;
        while (!given_up_ && clock_.boot_now() < until) {
            if (co_await alarm_->wait_until(until) == net::woken::cancelled) {
                co_return false;
            }
        }
        pause = std::min<std::chrono::milliseconds>(pause * 2, longest_pause);
    }
    co_return false;
}

net::task<bool> recorder::write_apart(std::vector<domain::outcome> batch) {
    for (auto& one : batch) {
        std::vector<domain::outcome> alone(1, std::move(one));
        const bool written = co_await write(std::move(alone));
        if (!written) {
            co_return false;
        }
    }
    co_return true;
}

void recorder::stop() {
    stopping_ = true;
    alarm_->poke();
}

void recorder::give_up() {
    given_up_ = true;
    alarm_->poke();
}

}  // namespace punctual::jobs
