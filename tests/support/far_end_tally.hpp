#pragma once
// What a crash test counts: the rows that say "sent" against what arrived. Nothing may be lost, and a message that
// came twice must be one whose row says that its outcome was in doubt.

#include "support/clinic.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace punctual::test {

struct far_end_tally {
    std::size_t rows = 0;
    std::size_t arrived = 0;  // copies of any of them
    std::size_t open = 0;     // not yet settled: claimed or retrying
    std::size_t awaited = 0;  // taken by WhatsApp, and an SMS may still come in its place
    std::size_t lost = 0;     // settled as sent, or given up unsent, and nothing arrived
    std::size_t doubled = 0;  // more than one copy
    std::size_t doubled_texts = 0;
    std::size_t thrice = 0;    // more than two
    std::size_t unmarked = 0;  // doubled, and the row does not say that its outcome was in doubt
    std::size_t unasked = 0;   // arrived, though the row says that it was never tried
    std::string words;         // the rows that are wrong, for the failure's message
};

// `where`: SQL over punctual.delivery d, which rows count.
[[nodiscard]] far_end_tally count_at_the_far_end(const clinic& with, std::string_view where);
// Until nothing is open, however long that takes up to `limit`; the last count.
[[nodiscard]] far_end_tally settled_at_the_far_end(const clinic& with, std::string_view where,
                                                   std::chrono::milliseconds limit);

}  // namespace punctual::test
