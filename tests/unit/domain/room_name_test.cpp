#include "domain/room_name.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

TEST(room_name, tells_the_appointment) {
    EXPECT_EQ(appointment_of_room("apt-123-1790000000-abc123de"), 123);
    for (const auto* name : {"", "party", "apt-", "apt-x-1", "apt-12", "apt--1-2", "apt-0-1-a",
                             "apt-99999999999999999999-1-a", "APT-1-2-3"}) {
        EXPECT_EQ(appointment_of_room(name), std::nullopt) << name;
    }
}

TEST(room_name, tells_the_person_of_an_identity) {
    EXPECT_EQ(person_of_identity("456-patient@example.com"), 456);
    EXPECT_EQ(person_of_identity("789-psychologist"), 789);
    for (const auto* identity : {"", "456", "-456-x", "patient", "0-x", "4 5-x"}) {
        EXPECT_EQ(person_of_identity(identity), std::nullopt) << identity;
    }
}

}  // namespace
}  // namespace punctual::domain
