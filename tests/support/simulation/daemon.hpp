#pragma once
// One punctuald of a simulation: the real jobs as src/app.cpp composes them, on a simulated store and
// providers. A crash ends every coroutine and every object of it; what it had committed, and what the far end
// has received, stays.

#include "domain/schedule.hpp"
#include "jobs/callback_writer.hpp"
#include "jobs/email_sender.hpp"
#include "jobs/feed_follower.hpp"
#include "jobs/lane.hpp"
#include "jobs/lease_keeper.hpp"
#include "jobs/recorder.hpp"
#include "jobs/room_keeper.hpp"
#include "jobs/room_listener.hpp"
#include "jobs/schedule_runner.hpp"
#include "jobs/text_sender.hpp"
#include "jobs/upkeep.hpp"
#include "jobs/visit_keeper.hpp"
#include "support/memory_visit_log.hpp"
#include "support/simulation/far_end.hpp"
#include "support/simulation/video_rooms.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace punctual::test {

// Counts nothing: a registry for each daemon of each seed would take most of the time.
class deaf_metrics final : public net::metrics {
public:
    net::counter& make_counter(const std::string&, const std::string&, const labels&) override { return counter_; }
    net::gauge& make_gauge(const std::string&, const std::string&, const labels&) override { return gauge_; }
    net::histogram& make_histogram(const std::string&, const std::string&, std::vector<double>,
                                   const labels&) override {
        return histogram_;
    }
    [[nodiscard]] std::string text() const override { return {}; }

private:
    struct deaf_counter final : net::counter {
        void add(double) override {}
    } counter_;
    struct deaf_gauge final : net::gauge {
        void set(double) override {}
    } gauge_;
    struct deaf_histogram final : net::histogram {
        void observe(double) override {}
    } histogram_;
};

// What the daemons of one simulation share.
struct surroundings {
    boost::asio::io_context& context;
    manual_clock& clock;
    const domain::policy& rules;
    memory_database& rows;
    net::clock& database_clock;
    far_end& far;
    video_rooms& rooms;
    trace& log;
    bool database_away = false;
    std::size_t store_fault_one_in = 300;
};

class simulated_daemon {
public:
    simulated_daemon(surroundings& around, std::string instance);
    ~simulated_daemon();
    simulated_daemon(const simulated_daemon&) = delete;
    simulated_daemon& operator=(const simulated_daemon&) = delete;

    void bell() { follower_.bell(); }
    void connection_lost() { follower_.resync(); }
    // A request for a visit's room, as the API hands it on. Nothing comes back from a daemon that dies.
    void click(domain::appointment_id id, std::function<void(const result<jobs::room_info>&)> answered);
    // Twilio's callback; `taken` when it was answered well.
    void call_back(net::room_event what, std::function<void()> taken);
    // A status callback of a text.
    void call_back(net::message_callback what);
    // SIGTERM: as app::stop(), with ten seconds to drain. The object is of no use afterwards.
    void stop();

    // Nothing is under way, queued, asked for or unwritten.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] std::optional<wall_time> next_deadline() const { return schedule_.next_deadline(); }
    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }

private:
    std::unique_ptr<jobs::lane> make_lane(std::string name, jobs::sender& by);
    [[nodiscard]] store_fault draw_fault(std::string_view call);
    [[nodiscard]] net::task<> delay();
    void loaded();
    void end_all();
    [[nodiscard]] net::task<> answer_click(domain::appointment_id id,
                                           std::function<void(const result<jobs::room_info>&)> answered);
    [[nodiscard]] net::task<> answer_call(net::message_callback what);
    [[nodiscard]] net::task<> answer_call(net::room_event what, std::function<void()> taken);

    surroundings& around_;
    std::string instance_;
    bool dead_ = false;
    int asking_ = 0;  // calls of the store that have no answer yet
    std::unique_ptr<net::logger> silence_ = net::make_null_logger();
    deaf_metrics metrics_;
    memory_store store_;
    memory_visit_log visit_log_;
    domain::schedule schedule_;
    simulated_composer composer_;
    simulated_mailer mailer_;
    simulated_messenger messenger_;
    jobs::recorder recorder_;
    jobs::email_sender email_sender_;
    jobs::text_sender text_sender_;
    std::unique_ptr<jobs::lane> email_lane_;
    std::unique_ptr<jobs::lane> text_lane_;
    std::vector<jobs::lane*> lanes_;
    jobs::room_keeper room_keeper_;
    jobs::visit_keeper visits_;
    jobs::room_listener room_listener_;
    jobs::schedule_runner runner_;
    jobs::feed_follower follower_;
    jobs::lease_keeper leases_;
    jobs::callback_writer callbacks_;
    jobs::upkeep upkeep_;
    net::task_group ground_;
    net::task_group work_;
};

}  // namespace punctual::test
