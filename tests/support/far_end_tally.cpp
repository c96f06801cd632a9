#include "support/far_end_tally.hpp"

#include "support/sql_session.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <sstream>
#include <vector>

namespace punctual::test {
namespace {

// A WhatsApp message that was taken and of which nothing final was heard gets an SMS by its fallback_at.
std::string rows_sql(std::string_view where) {
    return "select d.id, d.kind, d.channel, d.state, coalesce(d.reason, ''), d.attempts, (d.state in ('claimed', "
           "'retrying'))::int, (d.state = 'accepted' and d.fallback_at is not null)::int from punctual.delivery d "
           "where " +
           std::string{where};
}

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream in{line};
    for (std::string field; std::getline(in, field, '|');) {
        fields.push_back(field);
    }
    return fields;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

far_end_tally count_at_the_far_end(const clinic& with, std::string_view where) {
    const auto rows = with.sql(rows_sql(where));
    std::map<std::string, std::size_t> copies;
    for (const auto& one : with.arrivals()) {
        ++copies[one.delivery];
    }
    far_end_tally tally;
    std::istringstream in{rows};
    for (std::string line; std::getline(in, line);) {
        const auto fields = fields_of(line);
        const auto& channel = fields.at(2);
        const auto& state = fields.at(3);
        const auto& reason = fields.at(4);
        const bool open = fields.at(6) == "1";
        const auto found = copies.find(fields.at(0));
        const auto count = found == copies.end() ? 0 : found->second;
        const bool marked = is_one_of(reason, {"outcome_unknown", "reconciled"}) || state == "unconfirmed";
        const bool never_tried = is_one_of(state, {"skipped", "superseded"});
        const bool refused = state == "failed" && channel == "whatsapp";  // an SMS stands for it
        const bool lost = !open && count == 0 && !never_tried && !refused;
        ++tally.rows;
        tally.arrived += count;
        tally.open += open ? 1U : 0U;
        tally.awaited += fields.at(7) == "1" ? 1U : 0U;
        tally.lost += lost ? 1U : 0U;
        tally.doubled += count > 1 ? 1U : 0U;
        tally.doubled_texts += count > 1 && channel != "email" ? 1U : 0U;
        tally.thrice += count > 2 ? 1U : 0U;
        tally.unmarked += count > 1 && !marked ? 1U : 0U;
        tally.unasked += count > 0 && never_tried ? 1U : 0U;
        if (open || lost || count > 1 || (count > 0 && never_tried)) {
            tally.words += line + " copies=" + std::to_string(count) + "\n";
        }
    }
    return tally;
}

far_end_tally settled_at_the_far_end(const clinic& with, std::string_view where, std::chrono::milliseconds limit) {
    const auto open = "select count(*) from (" + rows_sql(where) +
                      ") r(a, b, c, d, e, f, open, awaited) where open = 1 or awaited = 1";
    sql_session database{with.database()};
    static_cast<void>(becomes_true([&] { return database.run(open) == "0"; }, limit));
    return count_at_the_far_end(with, where);
}

}  // namespace punctual::test
