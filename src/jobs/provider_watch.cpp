#include "jobs/provider_watch.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace punctual::jobs {
namespace {

// Why a provider is given no work, for the log.
std::string_view cause(provider_sign sign) noexcept {
    switch (sign) {
        case provider_sign::failed:
            return "failures";
        case provider_sign::busy:
            return "asked_to_wait";
        case provider_sign::misconfigured:
            return "refuses_us";
        case provider_sign::none:
        case provider_sign::answered:
        case provider_sign::crowded:
            break;
    }
    return "";
}

}  // namespace

provider_watch::provider_watch(std::string name, net::logger& log, net::metrics& metrics,
                               std::function<double()> random)
    : name_{std::move(name)},
      log_{log},
      random_{std::move(random)},
      holds_{metrics.make_counter("punctual_provider_holds_total", "How often the provider was held after working",
                                  {{"provider", name_}})} {
    using enum domain::provider_gate::state;
    for (const auto one : {open, held, probing}) {
        states_[one] = &metrics.make_gauge("punctual_provider_state",
                                           "1 at the state that the provider is in: open (working), held, probing",
                                           {{"provider", name_}, {"state", std::string{to_string(one)}}});
    }
}

bool provider_watch::judge(const attempt& result, boot_time now) {
    const auto before = gate_.current(now);
    switch (result.sign) {
        case provider_sign::none:
        case provider_sign::crowded:
            return false;
        case provider_sign::answered:
            gate_.succeeded(now);
            break;
        case provider_sign::failed:
            gate_.failed(now, random_());
            break;
        case provider_sign::misconfigured:
            // Once for each probe, and not for all that was on its way beside it.
            if (before != state::held || !gate_.is_misconfigured()) {
                log_.error("provider_refuses_us",
                           {{"lane", name_}, {"code", result.outcome.error_code}, {"why", result.outcome.error_text}});
            }
            gate_.misconfigured(now);
            break;
        case provider_sign::busy:
            gate_.hold_until(now + result.hold);
            break;
    }
    return moved(before, result, now);
}

bool provider_watch::moved(state before, const attempt& result, boot_time now) {
    const auto after = gate_.current(now);
    if (after == before) {
        return false;
    }
    const auto milliseconds = [](boot_clock::duration time) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    };
    if (after == state::held) {
        if (before == state::open) {
            held_since_ = now;
            holds_.add();
        }
        // Words that come with no code are our own, of a connection; a server's may name people.
        const auto& last = result.outcome;
        log_.warning("provider_held", {{"lane", name_},
                                       {"why", cause(result.sign)},
                                       {"ms", milliseconds(gate_.held_until().value_or(now) - now)},
                                       {"error", last.error_code.empty() ? last.error_text : last.error_code}});
    } else if (after == state::open) {
        log_.info("provider_works_again", {{"lane", name_}, {"held_ms", milliseconds(now - held_since_)}});
    }
    show(now);
    return after == state::held;
}

void provider_watch::probed(const domain::delivery_id& with, boot_time now) {
    log_.info("provider_probed", {{"lane", name_}, {"delivery", with}});
    show(now);
}

void provider_watch::show(boot_time now) {
    const auto is = gate_.current(now);
    if (shown_ == is) {
        return;
    }
    shown_ = is;
    for (const auto& [one, gauge] : states_) {
        gauge->set(one == is ? 1 : 0);
    }
}

}  // namespace punctual::jobs
