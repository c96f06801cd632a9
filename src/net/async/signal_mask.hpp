#pragma once
// Signals a thread holds back (pthread_sigmask(3)). They stay pending; one that is still pending when the process
// ends has no effect.

#include <csignal>
#include <initializer_list>

namespace punctual::net {

// A thread started while this lives has every signal blocked: they are the loop's to handle.
class all_signals_blocked {
public:
    all_signals_blocked() noexcept {
        ::sigset_t all{};
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~all_signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    all_signals_blocked(const all_signals_blocked&) = delete;
    all_signals_blocked& operator=(const all_signals_blocked&) = delete;

private:
    ::sigset_t before_{};
};

// For the calling thread, for good.
inline void block_signals(std::initializer_list<int> numbers) noexcept {
    ::sigset_t these{};
    ::sigemptyset(&these);
    for (const int number : numbers) {
        ::sigaddset(&these, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &these, nullptr);
}

}  // namespace punctual::net
