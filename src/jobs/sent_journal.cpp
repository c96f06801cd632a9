#include "jobs/sent_journal.hpp"

#include <utility>

namespace punctual::jobs {

sent_journal::key sent_journal::key_of(const domain::claimed_delivery& what) {
    return {what.appointment, what.kind, what.channel, what.recipient.id, what.version, what.what.starts_at};
}

void sent_journal::remember(const domain::claimed_delivery& what, domain::outcome how, boot_time now) {
    auto key = key_of(what);
    sent_.insert_or_assign(key, entry{.how = std::move(how), .at = now});
    order_.emplace_back(now, std::move(key));
    while (!order_.empty() && (order_.size() > most_kept || order_.front().first + kept_for < now)) {
        const auto known = sent_.find(order_.front().second);
        // Sent once more since: that one is further behind.
        if (known != sent_.end() && known->second.at == order_.front().first) {
            sent_.erase(known);
        }
        order_.pop_front();
    }
}

std::optional<domain::outcome> sent_journal::find(const domain::claimed_delivery& what, boot_time now) const {
    if (!failed_over_ || now > *failed_over_ + kept_for) {
        return std::nullopt;
    }
    const auto known = sent_.find(key_of(what));
    if (known == sent_.end() || known->second.at > *failed_over_ || known->second.at + kept_for < *failed_over_) {
        return std::nullopt;
    }
    auto how = known->second.how;
    how.id = what.id;
    how.attempts = what.attempts;
    how.reason = domain::reason::reconciled;
    return how;
}

}  // namespace punctual::jobs
