#pragma once
// What the people of a simulated clinic do to its database: they book, move, cancel, delete, and change
// their minds about messages. Each is a committed transaction of a program that is not ours.

#include "support/simulation/far_end.hpp"

#include <optional>
#include <vector>

namespace punctual::test {

class clinic_life {
public:
    // `night`: an odd one, that visits are booked around.
    clinic_life(dice& random, memory_database& rows, far_end& far, const net::clock& true_time, trace& log,
                std::optional<wall_time> night);

    // One thing, drawn from the seed.
    void happen();

private:
    void book();
    void move(domain::appointment_id id);
    void cancel(domain::appointment_id id);
    void change_status(domain::appointment_id id, domain::appointment_status status);
    void change_person();
    [[nodiscard]] domain::person_id some_patient();
    [[nodiscard]] wall_time some_start();
    [[nodiscard]] std::chrono::minutes lead();
    void commit(domain::appointment_id id, domain::appointment_image image);

    dice& random_;
    memory_database& rows_;
    far_end& far_;
    const net::clock& true_time_;
    trace& log_;
    std::optional<wall_time> night_;
    std::vector<domain::person_id> patients_;
    std::vector<domain::person_id> psychologists_;
};

}  // namespace punctual::test
