#include "jobs/callback_writer.hpp"

#include "net/store/store_error.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {
namespace {

constexpr std::size_t largest_batch = 200;
// Of its own, however long the first of a batch has waited: the others are not to suffer for it, and the connection is
// kept when the server ends the statement before.
constexpr std::chrono::milliseconds statement_time{1800};

}  // namespace

// Whatever ends the writing, an exception too: somebody else writes from then on.
struct callback_writer::turn {
    callback_writer& writer;
    ~turn() { writer.hand_on(); }
};

// Whatever ends the writing: nobody waits for what does not come.
struct callback_writer::answers {
    const batch& these;
    ~answers() {
        for (const auto& one : these) {
            if (!one->done) {
                one->done = failure(net::store_errc::outcome_unknown);
            }
            if (one->alarm) {
                one->alarm->poke();
            }
        }
    }
};

net::task<result<net::callback_effect>> callback_writer::write(net::message_callback what, deadline until) {
    auto mine = std::make_shared<entry>();
    mine->what = std::move(what);
    waiting_.push_back(mine);
    if (!std::exchange(writing_, true)) {
        mine->leads = true;
    }
    while (!mine->leads && !mine->done) {
        if (!mine->alarm) {
            mine->alarm = clock_.make_alarm();
        }
        const auto woken = co_await mine->alarm->wait_until(until);
        if (mine->leads || mine->done || woken == net::woken::poked) {
            continue;
        }
        // Taken by another it may still be written: the answer is not awaited any more.
        std::erase(waiting_, mine);
        co_return failure(net::store_errc::timed_out);
    }
    if (mine->leads) {
        const turn mine_alone{*this};
        co_await write_waiting();
    }
    co_return std::move(*mine->done);
}

net::task<> callback_writer::write_waiting() {
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), largest_batch));
    batch these(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    const answers given{these};
    auto all = these;
    co_await write_batch(std::move(all));
    const auto& first = these.front()->done;
    const bool refused = first && !*first && net::is_refusal(first->error());
    if (refused && these.size() > 1) {
        // One of them is what the database cannot take: the others are not to suffer for it.
        for (const auto& one : these) {
            batch alone{one};
            co_await write_batch(std::move(alone));
        }
    }
}

net::task<> callback_writer::write_batch(batch these) {
    std::vector<net::message_callback> came;
    came.reserve(these.size());
    for (const auto& one : these) {
        came.push_back(one->what);
    }
    // Twilio calls once: what a lost answer leaves open is done again, which its key makes harmless.
    auto again = came;
    const deadline until = clock_.boot_now() + statement_time;
    auto effects = co_await store_.record_callbacks(std::move(came), until);
    if (!effects && effects.error().code == net::store_errc::outcome_unknown) {
        effects = co_await store_.record_callbacks(std::move(again), until);
    }
    bool sms = false;
    for (std::size_t at = 0; at < these.size(); ++at) {
        if (effects && at < effects->size()) {
            these[at]->done = (*effects)[at];
            sms = sms || (*effects)[at].sms;
        } else if (!effects) {
            these[at]->done = std::unexpected{effects.error()};
        } else {
            these[at]->done = failure(net::store_errc::bad_result);
        }
    }
    if (sms) {
        sms_written_();
    }
}

void callback_writer::hand_on() {
    if (waiting_.empty()) {
        writing_ = false;
        return;
    }
    auto& next = *waiting_.front();
    next.leads = true;
    if (next.alarm) {
        next.alarm->poke();
    }
}

}  // namespace punctual::jobs
