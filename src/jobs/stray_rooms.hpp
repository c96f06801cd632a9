#pragma once
// Once a week: rooms under our names that Twilio says are in progress, and that should not be. They are there when a
// room was made and the process died before it wrote that down.
//
// It refuses to touch a room whose name is not, to the letter, that of an appointment of this database: another
// installation may share the account.

#include "domain/policy.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/store/store.hpp"
#include "net/store/visit_log.hpp"
#include "net/twilio/rooms.hpp"

namespace punctual::jobs {

class stray_rooms {
public:
    stray_rooms(net::twilio::rooms* rooms, const domain::policy& rules, net::store& store, net::visit_log& visits,
                net::clock& clock, net::logger& log)
        : rooms_{rooms}, rules_{rules}, store_{store}, visits_{visits}, clock_{clock}, log_{log} {}

    // To be called every few minutes; mostly returns at once.
    [[nodiscard]] net::task<> look();

private:
    [[nodiscard]] net::task<bool> settle_all();
    // False: no answer.
    [[nodiscard]] net::task<bool> settle(net::twilio::room which, net::room_standing standing);

    net::twilio::rooms* rooms_;
    const domain::policy& rules_;
    net::store& store_;
    net::visit_log& visits_;
    net::clock& clock_;
    net::logger& log_;
    boot_time next_{};
};

// Puts out whoever is in it and ends it. Gone already is success.
[[nodiscard]] net::task<result<>> drop_room(net::twilio::rooms& rooms, std::string sid, net::clock& clock);

}  // namespace punctual::jobs
