#pragma once
// The visit log on rows in memory, beside memory_store and with its faults: asked by the name of the call.

#include "net/store/visit_log.hpp"
#include "support/memory_store.hpp"

#include <functional>

namespace punctual::test {

class memory_visit_log final : public net::visit_log {
    memory_database& rows_;

public:
    memory_visit_log(memory_database& rows, net::clock& clock) : rows_{rows}, clock_{clock} {}

    std::function<store_fault(std::string_view call)> fault;
    std::function<net::task<>(std::string_view call)> pause;
    std::map<std::string, int> calls;
    std::vector<net::kept_event>& kept = rows_.kept_events;
    planted_bug bug = planted_bug::none;

    net::task<result<bool>> record_event(net::room_event what, deadline until) override;
    net::task<result<>> keep_event(std::string key, std::string form, deadline until) override;
    net::task<result<std::vector<net::kept_event>>> unhandled_events(std::size_t limit, deadline until) override;
    net::task<result<>> record_stays(domain::appointment_id id, std::vector<net::stay> seen, deadline until) override;
    net::task<result<net::visit_record>> read(domain::appointment_id id, wall_time since, deadline until) override;
    net::task<result<bool>> propose_no_show(domain::appointment_id id, std::int32_t version, net::absence who,
                                            bool write, deadline until) override;
    net::task<result<std::vector<domain::scheduled_visit>>> undecided(wall_time ended_after, wall_time ended_before,
                                                                      std::size_t limit, deadline until) override;
    net::task<result<std::vector<net::room_standing>>> judge_rooms(std::vector<std::string> names,
                                                                   wall_time ended_before, deadline until) override;
    net::task<result<bool>> chore_due(std::string name, std::chrono::seconds interval, deadline until) override;
    net::task<result<>> chore_done(std::string name, deadline until) override;

private:
    [[nodiscard]] net::task<store_fault> begin(std::string_view call);
    [[nodiscard]] bool have_met(domain::appointment_id id, wall_time since) const;

    net::clock& clock_;
};

}  // namespace punctual::test
