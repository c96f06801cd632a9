#pragma once
// Where the daemon is killed while a visit by video goes on and is decided (tests/system/crash_visit_test.cpp).

#include <array>
#include <string_view>

namespace punctual::test {

struct visit_crash {
    std::string_view place;  // of fault_places
    int passing = 1;         // callbacks: a room was made, one came, the other came, one went, the other went, it ended
    bool both_come = true;
};

inline constexpr std::array visit_crashes{
    visit_crash{"room_event.asked", 2},
    visit_crash{"room_event.sent", 4},
    visit_crash{"room_event.answered", 6},
    visit_crash{"complete.asked"},
    visit_crash{"complete.sent"},
    visit_crash{"complete.answered"},
    visit_crash{"no_show.asked", 1, false},
    visit_crash{"no_show.sent", 1, false},
    visit_crash{"no_show.answered", 1, false},
};

}  // namespace punctual::test
