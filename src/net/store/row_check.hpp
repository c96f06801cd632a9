#pragma once
// Which columns of an appointment's row hold what no visit can have (punctual.is_sound leaves such rows out). It reads
// one row and changes nothing.

#include "domain/result.hpp"
#include "domain/vocabulary.hpp"
#include "net/postgres/database.hpp"

#include <string>
#include <vector>

namespace punctual::net {

struct row_mistake {
    std::string column;    // of punctual.feed_appointment
    std::string found;     // "nothing" for a null
    std::string expected;  // "0 to 10080"
};

struct row_look {
    bool there = false;
    std::vector<row_mistake> mistakes;
};

// `from` must outlive the call.
[[nodiscard]] task<result<row_look>> look_at_row(postgres::database& from, domain::appointment_id id, deadline until);

// "there is no such row", or each mistake, in one sentence without a full stop.
[[nodiscard]] std::string describe(const row_look& what);

}  // namespace punctual::net
