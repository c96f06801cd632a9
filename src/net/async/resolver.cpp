#include "net/async/resolver.hpp"

#include "net/async/byte_stream.hpp"
#include "net/async/signal_mask.hpp"
#include "net/async/timer.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>

namespace punctual::net {
namespace {

using answer = result<address_list>;

// What the threads and the loop share. The threads own it together with the loop: each of them may
// outlive the resolver, the io_context and, at exit, main.
struct workshop {
    struct job {
        std::string host;
        std::function<void(answer)> done;  // called in the loop
    };

    workshop(const executor& to, lookup_function how) : loop{to}, lookup{std::move(how)} {}

    std::mutex mutex;
    std::condition_variable wake;
    std::deque<job> jobs;
    std::optional<executor> loop;  // empty: the resolver is gone, end
    const lookup_function lookup;
    std::size_t threads = 0;
    std::size_t idle = 0;
};

void work(const std::shared_ptr<workshop>& shop) {
    std::unique_lock lock{shop->mutex};
    while (true) {
        ++shop->idle;
        shop->wake.wait(lock, [&] { return !shop->jobs.empty() || !shop->loop; });
        --shop->idle;
        if (!shop->loop) {
            return;
        }
        auto job = std::move(shop->jobs.front());
        shop->jobs.pop_front();
        lock.unlock();
        answer found = failure(stream_errc::resolve_failed, "the name look-up failed");
        try {
            found = shop->lookup(job.host);
        } catch (const std::exception&) {
            found = failure(stream_errc::resolve_failed, "the name look-up ran out of memory");
        }
        lock.lock();
        // Under the lock, so that the executor's context is still there.
        if (shop->loop) {
            boost::asio::post(*shop->loop, [done = std::move(job.done), found = std::move(found)]() mutable {
                done(std::move(found));
            });
        }
    }
}

bool start_thread(const std::shared_ptr<workshop>& shop) {
    const all_signals_blocked blocked;
    try {
        std::thread{[shop] { work(shop); }}.detach();
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

}  // namespace

// The loop's side: what is known, who waits. The resolver owns it, together with the callers that are still in
// resolve(); handlers in flight hold it weakly.
struct resolver::cache {
    struct entry {
        std::optional<address_list> addresses;
        boot_time found_at{};
        std::optional<error> failed;
        boot_time failed_at{};
        bool asking = false;
        std::vector<steady_timer*> waiters;
    };

    cache(const executor& to, lookup_function lookup, resolver_options wanted)
        : ex{to}, options{wanted}, shop{std::make_shared<workshop>(to, std::move(lookup))} {}

    executor ex;
    resolver_options options;
    std::shared_ptr<workshop> shop;
    std::map<std::string, entry, std::less<>> entries;

    [[nodiscard]] bool make_room();
    // False: there is no thread for it.
    [[nodiscard]] static bool ask(const std::shared_ptr<cache>& here, const std::string& host);
    void take(const std::string& host, answer found);
};

// Addresses of a handful of providers live here; more means a bug or an attack, and then old ones go.
bool resolver::cache::make_room() {
    if (entries.size() < options.names) {
        return true;
    }
    return std::erase_if(entries,
                         [](const auto& known) { return !known.second.asking && known.second.waiters.empty(); }) > 0;
}

bool resolver::cache::ask(const std::shared_ptr<cache>& here, const std::string& host) {
    auto done = [known = std::weak_ptr{here}, host](answer found) {
        if (const auto still = known.lock()) {
            still->take(host, std::move(found));
        }
    };
    const auto& shop = here->shop;
    const std::lock_guard lock{shop->mutex};
    if (shop->idle <= shop->jobs.size() && shop->threads < here->options.threads && start_thread(shop)) {
        ++shop->threads;
    }
    if (shop->threads == 0) {
        return false;
    }
    shop->jobs.push_back({host, std::move(done)});
    shop->wake.notify_one();
    return true;
}

void resolver::cache::take(const std::string& host, answer found) {
    auto& known = entries[host];
    known.asking = false;
    if (found && !found->empty()) {
        known.addresses = std::move(*found);
        known.found_at = boot_now();
        known.failed.reset();
    } else {
        known.failed =
            found ? error{make_error_code(stream_errc::resolve_failed), "the name has no address"} : found.error();
        known.failed_at = boot_now();
    }
    for (auto* waiter : known.waiters) {
        waiter->cancel();
    }
}

resolver::resolver(const executor& ex, lookup_function lookup, resolver_options options)
    : cache_{std::make_shared<cache>(ex, std::move(lookup), options)} {}

resolver::~resolver() {
    const std::lock_guard lock{cache_->shop->mutex};
    cache_->shop->loop.reset();
    cache_->shop->jobs.clear();
    cache_->shop->wake.notify_all();
}

task<result<address_list>> resolver::resolve(std::string host, deadline until) {
    boost::system::error_code not_literal;
    const auto literal = boost::asio::ip::make_address(host, not_literal);
    if (!not_literal) {
        co_return address_list{literal};
    }
    const auto here = cache_;  // the caller may be destroyed with the loop, after the resolver
    const auto stopping = co_await boost::asio::this_coro::cancellation_state;
    if (stopping.cancelled() != boost::asio::cancellation_type::none) {
        co_return failure(stream_errc::cancelled);
    }
    const auto started = boot_now();
    if (!here->entries.contains(host) && !here->make_room()) {
        co_return failure(stream_errc::resolve_failed, "too many names are being looked up");
    }
    auto& known = here->entries[host];
    const auto& options = here->options;
    if (known.addresses && started < known.found_at + options.fresh_for) {
        co_return *known.addresses;
    }
    const bool usable = known.addresses && started < known.found_at + options.fresh_for + options.stale_for;
    const bool just_failed = known.failed && started < known.failed_at + options.failure_for;
    if (!just_failed) {
        if (!known.asking && !cache::ask(here, host)) {
            co_return failure(stream_errc::resolve_failed, "no thread for the name look-up");
        }
        known.asking = true;
        known.failed.reset();
        const auto patience = usable ? std::min<deadline>(until, started + options.stale_wait) : until;
        steady_timer wait{here->ex};
        wait.expires_after(time_left(patience));
        known.waiters.push_back(&wait);
        // Also when the loop is destroyed under us: the list must not keep a pointer to this frame.
        struct leaving {
            std::vector<steady_timer*>& list;
            steady_timer* self;
            ~leaving() { std::erase(list, self); }
        } const leave{known.waiters, &wait};
        co_await wait.async_wait(use_result);
        const auto now_stopping = co_await boost::asio::this_coro::cancellation_state;
        if (now_stopping.cancelled() != boost::asio::cancellation_type::none) {
            co_return failure(stream_errc::cancelled);
        }
        if (known.addresses && !known.asking && !known.failed) {
            co_return *known.addresses;
        }
    }
    if (usable) {
        co_return *known.addresses;
    }
    if (known.failed) {
        co_return std::unexpected{*known.failed};
    }
    co_return failure(stream_errc::resolve_failed, "the resolver gave no answer in time");
}

result<address_list> look_up_with_getaddrinfo(const std::string& host) {
    constexpr std::size_t most = 16;
    ::addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ::addrinfo* list = nullptr;
    const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (status != 0) {
        return failure(stream_errc::resolve_failed, host + ": " + ::gai_strerror(status));
    }
    const std::unique_ptr<::addrinfo, void (*)(::addrinfo*)> owner{list, ::freeaddrinfo};
    address_list found;
    for (const auto* at = list; at != nullptr && found.size() < most; at = at->ai_next) {
        boost::asio::ip::tcp::endpoint to;
        if (at->ai_addrlen <= to.capacity()) {
            to.resize(at->ai_addrlen);
            std::copy_n(reinterpret_cast<const char*>(at->ai_addr), at->ai_addrlen, reinterpret_cast<char*>(to.data()));
            found.push_back(to.address());
        }
    }
    return found;
}

}  // namespace punctual::net
