#include "config/doubts.hpp"

#include "config/reminder_table.hpp"
#include "config/shown.hpp"
#include "config/values.hpp"

namespace punctual::config {
namespace {

using std::chrono::seconds;

std::string time_of_day(std::chrono::minutes at) {
    const auto two = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return two(at.count() / 60) + ":" + two(at.count() % 60);
}

bool is_within(const domain::quiet_hours_rule& quiet, std::chrono::minutes at) {
    return quiet.from <= quiet.until ? at >= quiet.from && at < quiet.until : at >= quiet.from || at < quiet.until;
}

class checking {
public:
    explicit checking(const settings& all) : all_{all} {}

    std::vector<std::string> run() {
        check_fallbacks();
        const auto& rules = all_.rules;
        not_more("timing.notice_fallback_near", rules.notice_fallback_near, "timing.notice_fallback_far",
                 rules.notice_fallback_far, "what is urgent cannot wait longer than what is not");
        not_more("video.join_after_end", rules.join_after_end, "video.clean_up_after_end", rules.clean_up_after_end,
                 "a room would be ended while people may still join");
        not_more("video.room_before", rules.room_before, "video.unused_room_timeout", all_.room.unused_room_timeout,
                 "Twilio would end the room before the visit");
        if (is_within(rules.quiet_hours, rules.quiet_hours.moved_to)) {
            doubt("quiet_hours.moved_to", time_of_day(rules.quiet_hours.moved_to),
                  "a time outside of the quiet hours, " + time_of_day(rules.quiet_hours.from) + " to " +
                      time_of_day(rules.quiet_hours.until));
        }
        return std::move(doubts_);
    }

private:
    void doubt(const std::string& key, const std::string& found, const std::string& expected) {
        doubts_.push_back(key + ": found \"" + found + "\", expected " + expected);
    }

    void not_more(const std::string& key, seconds value, const std::string& than, seconds other,
                  const std::string& since) {
        if (value > other) {
            doubt(key, written(value), "at most " + than + " (\"" + written(other) + "\"), since " + since);
        }
    }

    // The SMS in place of a silent WhatsApp message has to find its reminder still of use.
    void check_fallbacks() {
        const auto& reminders = all_.rules.reminders;
        for (std::size_t at = 0; at < reminders.size(); ++at) {
            const auto& rule = reminders[at];
            const auto useful = at + 1 < reminders.size() ? rule.before - reminders[at + 1].before
                                                          : rule.before + all_.rules.last_reminder_grace;
            // What nobody has chosen is no mistake: a plan of seconds tries the daemon, not the fallback.
            if (rule.fallback_after < useful || rule.fallback_after == usual_silence(rule.before)) {
                continue;
            }
            doubt("reminder.fallback_after of " + shown(rule.name), written(rule.fallback_after),
                  "less than \"" + written(useful) + "\", since " +
                      (at + 1 < reminders.size() ? "the next reminder is due then" : "the reminder is of no use then"));
        }
    }

    const settings& all_;
    std::vector<std::string> doubts_;
};

}  // namespace

std::vector<std::string> doubts(const settings& all) {
    return checking{all}.run();
}

}  // namespace punctual::config
