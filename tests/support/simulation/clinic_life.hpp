#pragma once
// What the people of a simulated clinic do to its database: they book, move, cancel, delete, and change
// their minds about messages. Each is a committed transaction of a program that is not ours.

#include "support/simulation/far_end.hpp"

#include <vector>

namespace punctual::test {

class clinic_life {
public:
    clinic_life(dice& random, memory_database& rows, far_end& far, const net::clock& true_time, trace& log);

    // One thing, drawn from the seed.
    void happen();

private:
    void book();
    void move(domain::appointment_id id);
    void cancel(domain::appointment_id id);
    void change_status(domain::appointment_id id, domain::appointment_status status);
    void change_person();
    [[nodiscard]] domain::person_id some_patient();
    [[nodiscard]] std::chrono::minutes lead();
    void commit(domain::appointment_id id, domain::appointment_image image);

    dice& random_;
    memory_database& rows_;
    far_end& far_;
    const net::clock& true_time_;
    trace& log_;
    std::vector<domain::person_id> patients_;
    std::vector<domain::person_id> psychologists_;
};

}  // namespace punctual::test
