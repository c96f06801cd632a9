#include "support/simulation/world.hpp"

#include "support/simulation/calendar.hpp"
#include "support/simulation/clinic_life.hpp"
#include "support/simulation/daemon.hpp"
#include "support/simulation/invariants.hpp"
#include "support/simulation/video_visitors.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

// While something is under way the world is looked at this often.
constexpr auto slice = 500ms;
// What is skipped ends this long before there is something to do.
constexpr auto margin = 100ms;
constexpr auto between_events = 4h;
constexpr auto short_horizon = 26h;
// Then no more is skipped than what lies between two looks for visits that come into range.
constexpr auto longest_skip = 1h;
constexpr auto quiet_at_the_end = 3h;
constexpr int most_looks_at_the_end = 600;

// The database's clock: nobody sets it.
class true_clock final : public net::clock {
public:
    explicit true_clock(const manual_clock& clock)
        : clock_{clock}, start_{clock.wall_now()}, origin_{clock.boot_now()} {}
    [[nodiscard]] wall_time wall_now() const override {
        return start_ + std::chrono::floor<std::chrono::microseconds>(clock_.boot_now() - origin_);
    }
    [[nodiscard]] boot_time boot_now() const override { return clock_.boot_now(); }
    [[nodiscard]] std::unique_ptr<net::alarm> make_alarm() override { return nullptr; }
    [[nodiscard]] std::unique_ptr<net::wall_alarm> make_wall_alarm() override { return nullptr; }

private:
    const manual_clock& clock_;
    wall_time start_;
    boot_time origin_;
};

class world {
public:
    explicit world(const simulation_options& options)
        : options_{options}, random_{options.seed}, log_{options.keep_trace} {
        far_.bug = options.bug;
        far_.odd_night = night_of(season_);
        domain::planted_bug::planted = options.mistake;
        if (options.seed % 2 == 0) {
            // Shorter than the longest lead of a booking, so that visits come into range.
            rules_.horizon = short_horizon;
        }
        rules_.nudge.patient = {domain::channel::email};
        rules_.write_no_show = options.seed % 3 == 0;
        far_.after_edit = [this](domain::appointment_id id) { visitors_.edited(id); };
        daemons_.resize(random_.one_in(3) ? 2 : 1);
        rows_.bell = [this] { ring(); };
        for (std::size_t i = 0; i < daemons_.size(); ++i) {
            revive(i);
        }
    }

    simulation_result run() {
        const auto end = clock_.boot_now() + std::chrono::days{options_.days};
        while (clock_.boot_now() < end && far_.violations().empty()) {
            live(random_.between<std::chrono::nanoseconds>(0s, between_events * 2));
            happen();
        }
        heal();
        // A callback that could only be kept is taken up by the next process.
        for (std::size_t i = 0; i < daemons_.size(); ++i) {
            crash(i);
            revive(i);
        }
        live(quiet_at_the_end);
        // What has just come due is not cut off in the middle.
        for (int looks = 0; busy() && looks < most_looks_at_the_end; ++looks) {
            live(1s);
        }
        checks_.check_end(clock_.boot_now());
        visitors_.check_end();
        simulation_result result;
        result.violations = far_.violations();
        result.trace_hash = log_.hash();
        result.arrived = far_.arrivals().size();
        result.crashes = crashes_;
        result.ambiguous = checks_.ambiguous();
        result.met = visitors_.met();
        result.odd_words = far_.words_checked;
        result.trace = log_.lines();
        daemons_.clear();
        return result;
    }

private:
    void ring() {
        for (auto& one : daemons_) {
            if (one && !random_.one_in(10)) {
                one->bell();
            }
        }
    }

    void revive(std::size_t which) {
        if (!daemons_[which]) {
            daemons_[which] = std::make_unique<simulated_daemon>(around_, "daemon-" + std::to_string(++started_));
            log_.add("start " + daemons_[which]->instance());
        }
    }

    void crash(std::size_t which) {
        if (daemons_[which]) {
            // In the middle of whatever the loop has to do.
            context_.restart();
            for (auto turns = random_.below(40); turns > 0 && context_.poll_one() > 0; --turns) {
            }
            log_.add("crash " + daemons_[which]->instance());
            ++crashes_;
            daemons_[which].reset();
        }
    }

    void stop(std::size_t which) {
        if (daemons_[which]) {
            log_.add("stop " + daemons_[which]->instance());
            daemons_[which]->stop();
            daemons_[which].reset();
        }
    }

    [[nodiscard]] bool any_alive() const {
        return std::ranges::any_of(daemons_, [](const auto& one) { return one != nullptr; });
    }

    [[nodiscard]] bool calm() const {
        return any_alive() && !around_.database_away && far_.wall_is_true &&
               far_.mail_outage == provider_answer::good && far_.text_outage == provider_answer::good;
    }

    [[nodiscard]] bool busy() const {
        const bool unsettled = std::ranges::any_of(rows_.unsettled(), [](const auto& one) { return !one.handled; });
        return unsettled || video_.busy() ||
               std::ranges::any_of(daemons_, [](const auto& one) { return one && !one->idle(); });
    }

    [[nodiscard]] std::optional<wall_time> earliest_deadline() const {
        std::optional<wall_time> earliest;
        for (const auto& one : daemons_) {
            const auto when = one ? one->next_deadline() : std::nullopt;
            if (when && (!earliest || *when < *earliest)) {
                earliest = when;
            }
        }
        return earliest;
    }

    [[nodiscard]] simulated_daemon* some_daemon() {
        std::vector<simulated_daemon*> alive;
        for (auto& one : daemons_) {
            if (one) {
                alive.push_back(one.get());
            }
        }
        return alive.empty() ? nullptr : alive[random_.below(alive.size())];
    }

    [[nodiscard]] bool click(domain::appointment_id id, video_visitors::answered then) {
        auto* to = some_daemon();
        if (to != nullptr) {
            to->click(id, std::move(then));
        }
        return to != nullptr;
    }

    // Rooms, callbacks, people; and sometimes a crash just when they come or go.
    void turn_of_video() {
        constexpr std::size_t unlucky_one_in = 50;
        video_.advance();
        for (auto& what : video_.take_callbacks()) {
            if (auto* to = some_daemon()) {
                auto told = what;
                to->call_back(std::move(what), [this, told] { video_.taken(told); });
            }
        }
        if (visitors_.turn() > 0 && !revive_at_ && random_.one_in(unlucky_one_in)) {
            clock_.advance(random_.between<std::chrono::nanoseconds>(0s, 1s));
            revive_at_.emplace(random_.below(daemons_.size()),
                               clock_.boot_now() + random_.between<std::chrono::nanoseconds>(0s, 2min));
            crash(revive_at_->first);
        }
        if (revive_at_ && revive_at_->second <= clock_.boot_now()) {
            revive(std::exchange(revive_at_, std::nullopt)->first);
        }
    }

    // Twilio calls once: what nobody is there to hear is lost, and so is now and then what somebody was.
    void turn_of_texts() {
        constexpr std::size_t lost_one_in = 6;
        constexpr std::size_t doubled_one_in = 10;
        for (const auto& one : far_.take_receipts()) {
            auto* to = some_daemon();
            if (to == nullptr || random_.one_in(lost_one_in)) {
                log_.add("receipt lost " + one.id);
                continue;
            }
            net::message_callback came;
            came.what = {.delivery = one.id, .provider_id = "SM" + one.id, .status = one.status, .error_code = {}};
            came.key = came.what.provider_id + ":" + one.status;
            to->call_back(came);
            if (random_.one_in(doubled_one_in)) {
                to->call_back(std::move(came));
            }
        }
    }

    // When a daemon will have something to do by the rows or its schedule.
    [[nodiscard]] boot_time next_work() {
        auto next = boot_time::max();
        const auto now = clock_.boot_now();
        const auto take = [&](wall_time when, wall_time reference) {
            next = std::min<boot_time>(next, now + (when - reference));
        };
        for (const auto& one : daemons_) {
            if (const auto when = one ? one->next_deadline() : std::nullopt) {
                take(*when, clock_.wall_now());
            }
        }
        for (const auto* at : rows_.waiting()) {
            const auto& row = *at;
            if (row.state == domain::delivery_state::retrying) {
                take(row.next_attempt_at, clock_.wall_now());
            } else if (row.state == domain::delivery_state::claimed) {
                take(row.lease_until, true_time_.wall_now());
            } else if (row.state == domain::delivery_state::accepted && row.fallback_at) {
                take(*row.fallback_at, clock_.wall_now());
            }
        }
        for (const auto when : {video_.next_due(), visitors_.next_due(), far_.next_receipt()}) {
            if (when < wall_time::max()) {
                take(std::max(when, true_time_.wall_now()), true_time_.wall_now());
            }
        }
        if (revive_at_) {
            next = std::min(next, revive_at_->second);
        }
        return next;
    }

    // Nobody runs; people come to nothing, and rooms end.
    void pass_alone(boot_time until) {
        while (clock_.boot_now() < until) {
            const auto next = std::min(next_work(), until);
            clock_.pass(std::max<std::chrono::nanoseconds>(next - clock_.boot_now(), slice));
            turn_of_video();
            turn_of_texts();
        }
    }

    void live(std::chrono::nanoseconds length) {
        const auto until = clock_.boot_now() + length;
        while (clock_.boot_now() < until) {
            checks_.note_calm(calm(), clock_.boot_now());
            turn_of_video();
            turn_of_texts();
            if (!any_alive() && !revive_at_) {
                pass_alone(until);
                break;
            }
            auto next = busy() ? clock_.boot_now() : std::min(next_work(), until);
            if (rules_.horizon == short_horizon) {
                next = std::min<boot_time>(next, clock_.boot_now() + longest_skip);
            }
            if (next > clock_.boot_now() + slice + margin) {
                clock_.pass(next - margin - clock_.boot_now());
            }
            clock_.advance(std::min<std::chrono::nanoseconds>(slice, until - clock_.boot_now()));
            checks_.check_now(clock_.boot_now(), earliest_deadline());
        }
        checks_.note_calm(calm(), clock_.boot_now());
    }

    // One event, and what becomes of it.
    void happen() {
        const auto which = random_.below(daemons_.size());
        switch (random_.below(20)) {
            case 0:
            case 1:
                crash(which);
                live(random_.between<std::chrono::nanoseconds>(0s, 2min));
                revive(which);
                break;
            case 2:
                crash(which);
                live(random_.between<std::chrono::nanoseconds>(1h, 30h));
                revive(which);
                break;
            case 3:
                stop(which);
                live(random_.between<std::chrono::nanoseconds>(0s, 10min));
                revive(which);
                break;
            case 4:
                database_outage();
                break;
            case 5:
                provider_outage(far_.mail_outage);
                break;
            case 6:
                provider_outage(far_.text_outage);
                break;
            case 7:
                wrong_clock();
                break;
            case 8:
                freeze();
                break;
            case 9:
                busy_minutes(which);
                break;
            default:
                life_.happen();
                break;
        }
    }

    void database_outage() {
        around_.database_away = true;
        for (auto& one : daemons_) {
            if (one) {
                one->connection_lost();
            }
        }
        live(random_.between<std::chrono::nanoseconds>(1s, 3min));
        if (random_.one_in(2)) {
            life_.happen();
            live(random_.between<std::chrono::nanoseconds>(1s, 1min));
        }
        around_.database_away = false;
    }

    void provider_outage(provider_answer& of) {
        constexpr std::array kinds{provider_answer::refused, provider_answer::misconfigured, provider_answer::hung,
                                   provider_answer::lost_before, provider_answer::lost_after};
        of = kinds[random_.below(kinds.size())];
        life_.happen();
        live(random_.between<std::chrono::nanoseconds>(1min, 15min));
        of = provider_answer::good;
    }

    void wrong_clock() {
        const auto by = random_.between<std::chrono::microseconds>(-3h, 3h);
        far_.wall_is_true = false;
        const auto since = true_time_.wall_now();
        log_.add("clock wrong by " + std::to_string(by.count()));
        clock_.step_wall(by);
        live(random_.between<std::chrono::nanoseconds>(1s, 20min));
        clock_.step_wall(-by);
        log_.add("clock right");
        far_.wall_is_true = true;
        far_.wrong_times.emplace_back(since, true_time_.wall_now());
    }

    // Both clocks go on and nothing runs: a suspended host.
    void freeze() {
        life_.happen();
        clock_.advance(random_.between<std::chrono::nanoseconds>(0s, 400ms));
        checks_.note_calm(false, clock_.boot_now());
        clock_.pass(random_.between<std::chrono::nanoseconds>(1s, 90min));
    }

    // Much at once, and a crash in the middle of it.
    void busy_minutes(std::size_t which) {
        for (auto count = random_.below(6) + 2; count > 0; --count) {
            life_.happen();
            clock_.advance(random_.between<std::chrono::nanoseconds>(0s, 300ms));
        }
        if (random_.one_in(2)) {
            crash(which);
            live(random_.between<std::chrono::nanoseconds>(0s, 2min));
            revive(which);
        }
    }

    void heal() {
        far_.fault_one_in = 1'000'000'000;
        video_.fault_one_in = 1'000'000'000;
        around_.store_fault_one_in = 1'000'000'000;
        for (std::size_t i = 0; i < daemons_.size(); ++i) {
            revive(i);
        }
    }

    simulation_options options_;
    dice random_;
    trace log_;
    boost::asio::io_context context_{1};
    season season_ = season_of(options_.seed);
    manual_clock clock_{context_, start_of(season_, options_.days)};
    true_clock true_time_{clock_};
    domain::policy rules_ = domain::default_policy();
    memory_database rows_{rules_};
    far_end far_{random_, clock_, true_time_, rows_, log_};
    video_rooms video_{options_.seed, far_, true_time_, rows_, log_};
    video_visitors visitors_{options_.seed,
                             video_,
                             far_,
                             true_time_,
                             rows_,
                             rules_,
                             {.click = [this](domain::appointment_id id, video_visitors::answered then) {
                                 return click(id, std::move(then));
                             }}};
    surroundings around_{context_, clock_, rules_, rows_, true_time_, far_, video_, log_};
    invariants checks_{rows_, rules_, far_, true_time_};
    clinic_life life_{random_, rows_, far_, true_time_, log_, night_of(season_)};
    std::vector<std::unique_ptr<simulated_daemon>> daemons_;
    std::optional<std::pair<std::size_t, boot_time>> revive_at_;  // one that died when people came or went
    std::size_t started_ = 0;
    std::size_t crashes_ = 0;
};

}  // namespace

simulation_result simulate(const simulation_options& options) {
    return world{options}.run();
}

}  // namespace punctual::test
