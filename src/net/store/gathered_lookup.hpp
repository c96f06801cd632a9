#pragma once
// Look-ups by id that share statements: whoever asks while a statement is under way, or in the same turn of the loop,
// is asked for together with the others by the next one. Alone, an id is asked for at once; under a rush a statement's
// cost is spread over dozens.
//
// What it gives is read after it was asked for: nobody joins a statement that has been sent. It keeps nothing.

#include "domain/result.hpp"
#include "net/async/clock.hpp"
#include "net/async/task.hpp"
#include "net/async/timer.hpp"
#include "net/store/store_error.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace punctual::net {

template <class Found>
class gathered_lookup {
public:
    // By id; an id that is not there is not found.
    using answers = std::unordered_map<std::int64_t, result<Found>>;
    using ask = std::function<task<result<answers>>(std::vector<std::int64_t> ids, deadline until)>;

    explicit gathered_lookup(ask how) : how_{std::move(how)} {}

    [[nodiscard]] task<result<std::optional<Found>>> find(std::int64_t id, deadline until) {
        const bool first = !open_;
        if (first) {
            open_ = std::make_shared<round>();
        }
        const auto mine = open_;
        mine->ids.push_back(id);
        if (first) {
            co_await lead(mine, until);
        } else {
            co_await follow(mine, until);
        }
        if (!mine->answer) {
            co_return failure(store_errc::timed_out, "the statement for several was not answered in time");
        }
        if (!*mine->answer && mine->ids.size() > 1 && is_of_another(mine->answer->error(), until)) {
            std::vector<std::int64_t> alone(1, id);
            auto found = co_await how_(std::move(alone), until);
            co_return of(found, id);
        }
        co_return of(*mine->answer, id);
    }

private:
    struct round {
        std::vector<std::int64_t> ids;
        std::optional<result<answers>> answer;
        std::vector<steady_timer*> waiting;
        steady_timer* leader = nullptr;  // while it waits for the round before
    };

    // However the statement ends, nobody is left waiting.
    class under_way {
    public:
        under_way(gathered_lookup& owner, round& which) : owner_{owner}, which_{which} { ++owner_.under_way_; }
        ~under_way() {
            --owner_.under_way_;
            for (auto* one : which_.waiting) {
                one->cancel();
            }
            if (owner_.open_ && owner_.open_->leader != nullptr) {
                owner_.open_->leader->cancel();
            }
        }
        under_way(const under_way&) = delete;
        under_way& operator=(const under_way&) = delete;

    private:
        gathered_lookup& owner_;
        round& which_;
    };

    task<> lead(std::shared_ptr<round> mine, deadline until) {
        const executor loop = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(loop, use_result);
        if (under_way_ > 0) {
            steady_timer turn{loop, time_left(until)};
            mine->leader = &turn;
            co_await turn.async_wait(use_result);
            mine->leader = nullptr;
        }
        open_.reset();
        const under_way asking{*this, *mine};
        auto ids = mine->ids;
        mine->answer = co_await how_(std::move(ids), until);
    }

    task<> follow(std::shared_ptr<round> mine, deadline until) {
        steady_timer news{co_await boost::asio::this_coro::executor, time_left(until)};
        mine->waiting.push_back(&news);
        co_await news.async_wait(use_result);
        std::erase(mine->waiting, &news);
    }

    // Something in one of them, or the time of the one that asked for all was over: the others are not to suffer for
    // it.
    static bool is_of_another(const error& why, deadline until) {
        return is_refusal(why) || (why.code == store_errc::timed_out && boot_now() < until);
    }

    static result<std::optional<Found>> of(const result<answers>& all, std::int64_t id) {
        if (!all) {
            return std::unexpected{all.error()};
        }
        const auto at = all->find(id);
        if (at == all->end()) {
            return std::optional<Found>{};
        }
        if (!at->second) {
            return std::unexpected{at->second.error()};
        }
        return std::optional<Found>{*at->second};
    }

    ask how_;
    std::shared_ptr<round> open_;
    std::size_t under_way_ = 0;
};

}  // namespace punctual::net
