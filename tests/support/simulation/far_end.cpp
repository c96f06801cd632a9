#include "support/simulation/far_end.hpp"

#include "net/rendering/local_time.hpp"
#include "support/simulation/calendar.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

// "After commit + 1 s nothing of the old goes out."
constexpr auto visible_after = 1s;
constexpr auto longest_send = 5min;

bool is_open(const domain::appointment_image& image) {
    return image.status == domain::appointment_status::scheduled ||
           image.status == domain::appointment_status::confirmed;
}

}  // namespace

void far_end::edited(domain::appointment_id id) {
    standing now;
    now.at = true_time_.wall_now();
    now.version = rows_.version_of(id);
    const auto at = rows_.appointments.find(id);
    now.open = at != rows_.appointments.end() && is_open(at->second);
    history_[id].push_back(now);
    if (after_edit) {
        after_edit(id);
    }
}

std::optional<wall_time> far_end::stale_since(const domain::claimed_delivery& what) const {
    const auto at = history_.find(what.appointment);
    if (at == history_.end()) {
        return std::nullopt;
    }
    std::optional<wall_time> since;
    for (const auto& one : std::views::reverse(at->second)) {
        if (one.open && one.version == what.version) {
            break;
        }
        since = one.at;
    }
    return since;
}

void far_end::check_person(const domain::claimed_delivery& what) {
    const auto at = rows_.people.find(what.recipient.id);
    const auto edited = person_edited_.find(what.recipient.id);
    if (at == rows_.people.end() || edited == person_edited_.end() ||
        true_time_.wall_now() - edited->second <= visible_after) {
        return;
    }
    const auto& who = at->second;
    const bool by_mail = what.channel == domain::channel::email;
    if (!who.active || (by_mail ? !who.email_enabled : !who.texts_enabled)) {
        violation("a message that its recipient does not want: " + what.id);
    }
}

// What date_words makes of it stands in every message; it is written with the words of the house (clinic_composer).
void far_end::check_words(const domain::claimed_delivery& what, wall_time now) {
    constexpr auto near = std::chrono::hours{48};
    if (!odd_night || std::chrono::abs(what.what.starts_at - *odd_night) > near) {
        return;
    }
    static const net::rendering::date_words words{"en-AU"};
    const auto& zone = what.recipient.time_zone;
    const bool forgets_summer = bug == planted_bug::words_forget_summer;
    const auto at = what.what.starts_at - (forgets_summer && law_of("", what.what.starts_at) > 10h ? 1h : 0h);
    auto said = words.write(zone, at, now);
    if (!said) {
        said = words.write(rows_.rules.time_zone, at, now);
    }
    const clock_words got{said->date, said->time, said->zone, said->today, said->tomorrow};
    ++words_checked;
    if (got != words_by_law(zone, what.what.starts_at, now)) {
        violation("words that its place would not use: " + what.id + ": " + got.date + " " + got.time + " " + got.zone);
    }
}

// Reminders come so long before the start, whatever clocks do in between; those that keep the night quiet come by day
// where their recipient lives.
void far_end::check_time(const domain::claimed_delivery& what) {
    if (!domain::is_reminder(what.kind)) {
        return;
    }
    constexpr std::array<std::chrono::minutes, 3> before{24h, 1h, 15min};
    const auto elapsed = before.at(domain::reminder_index(what.kind));
    const bool keeps_night_quiet = elapsed == 24h && what.channel != domain::channel::email;
    if (!keeps_night_quiet) {
        if (what.due_at != what.what.starts_at - elapsed) {
            violation("a reminder at another distance from its visit: " + what.id);
        }
        return;
    }
    const auto now = true_time_.wall_now();
    const auto& zone = what.recipient.time_zone;
    const auto local = now + law_of(zone, now);
    const auto of_day = local - std::chrono::floor<std::chrono::days>(local);
    // It was decided before it had its turn.
    constexpr auto turn = 5min;
    if ((of_day >= 21h + turn || of_day < 8h) && !wall_was_wrong(now - 1h, now)) {
        violation("a text at night: " + what.id);
    }
}

void far_end::composed(const domain::claimed_delivery& what, wall_time now) {
    check_words(what, now);

    auto& kept = composed_[what.id] = what;
    if (bug == planted_bug::old_words) {
        kept.what = first_composed_.emplace(what.appointment, what.what).first->second;
    }
}

void far_end::begin(const domain::delivery_id& id) {
    const auto& what = composed_.at(id);
    log_.add("begin " + id + " " + std::to_string(clock_.boot_now().time_since_epoch().count()));
    if (what.kind != domain::kind::cancellation) {
        const auto since = stale_since(what);
        if (since && true_time_.wall_now() - *since > visible_after) {
            violation("a message of what was moved or cancelled before: " + id);
        }
        const auto at = rows_.appointments.find(what.appointment);
        if (!since && at != rows_.appointments.end() && at->second.what.starts_at != what.what.starts_at) {
            violation("a message that tells another start: " + id);
        }
    }
    if (wall_is_true && clock_.wall_now() >= what.useless_after) {
        violation("a message after its use: " + id);
    }
    if (clock_.wall_now() < what.due_at && !wall_was_wrong(clock_.wall_now(), what.due_at)) {
        violation("a message before its time: " + id);
    }
    check_person(what);
    check_time(what);
}

void far_end::write(const domain::delivery_id& id) {
    if (rows_.deliveries.at(id).lease_until < true_time_.wall_now()) {
        violation("sent after its claim had run out: " + id);
    }
}

void far_end::arrive(const domain::delivery_id& id) {
    const auto& what = composed_.at(id);
    log_.add("arrive " + id);
    const auto& to = what.channel == domain::channel::email ? what.recipient.email : what.recipient.phone;
    // By the provider's own clock, which is right.
    arrivals_.push_back({id, what.channel, to, true_time_.wall_now()});
    if (what.channel == domain::channel::whatsapp) {
        decide(id);
    } else if (what.channel == domain::channel::sms) {
        check_replaced(id);
    }
}

// Half of them stay silent, and of the others' callbacks some are lost.
void far_end::decide(const domain::delivery_id& whatsapp) {
    if (fates_.contains(whatsapp)) {
        return;
    }
    const auto at = true_time_.wall_now() + random_.between<std::chrono::microseconds>(100ms, 10min);
    const auto what = random_.below(8);
    if (what < 4) {
        return;
    }
    const fate decided{.status = what == 4 ? "undelivered" : "delivered", .at = at};
    fates_.emplace(whatsapp, decided);
    receipts_.emplace(at, receipt{.id = whatsapp, .status = decided.status});
}

std::vector<far_end::receipt> far_end::take_receipts() {
    std::vector<receipt> due;
    const auto end = receipts_.upper_bound(true_time_.wall_now());
    for (auto at = receipts_.begin(); at != end; ++at) {
        due.push_back(at->second);
    }
    receipts_.erase(receipts_.begin(), end);
    return due;
}

std::string far_end::fate_of(const domain::delivery_id& id) const {
    const auto at = fates_.find(id);
    return at == fates_.end() ? "sent" : at->second.status;
}

std::string far_end::status_of(const domain::delivery_id& id) const {
    const auto at = fates_.find(id);
    return at == fates_.end() || true_time_.wall_now() < at->second.at ? "sent" : at->second.status;
}

void far_end::check_replaced(const domain::delivery_id& id) {
    // From the question to the far end; and for how long the daemons make do without an answer.
    constexpr auto on_its_way = 30s;
    constexpr auto unasked = 10min;
    const auto now = true_time_.wall_now();
    const auto at = fates_.find(rows_.deliveries.at(id).in_place_of);
    const bool excused = text_outage != provider_answer::good || (silent_at_ && now - *silent_at_ < unasked);
    if (at != fates_.end() && at->second.status == "delivered" && at->second.at + on_its_way < now && !excused &&
        !wall_was_wrong(at->second.at, now)) {
        violation("an SMS in place of a message that was delivered: " + id);
    }
}

bool far_end::may_write(const domain::lease& lease) const {
    return bug == planted_bug::writes_what_is_revoked ? clock_.boot_now() < lease.until()
                                                      : lease.holds(clock_.boot_now());
}

net::task<bool> far_end::wait_for_turn(domain::lease lease) {
    constexpr std::size_t crowded_one_in = 8;
    if (random_.one_in(crowded_one_in)) {
        const auto alarm = clock_.make_alarm();
        const auto until = clock_.boot_now() + random_.between(1ms, 5'000ms);
        if (co_await alarm->wait_until(until) == net::woken::cancelled) {
            co_return false;
        }
    }
    co_return may_write(lease);
}

provider_answer far_end::draw(provider_answer outage) {
    if (outage != provider_answer::good) {
        return outage;
    }
    if (!random_.one_in(fault_one_in)) {
        return provider_answer::good;
    }
    constexpr std::array faults{provider_answer::refused,     provider_answer::busy,       provider_answer::rejected,
                                provider_answer::lost_before, provider_answer::lost_after, provider_answer::hung,
                                provider_answer::hung_after,  provider_answer::lost_after};
    return faults[random_.below(faults.size())];
}

std::vector<net::twilio::listed_message> far_end::list(domain::channel channel, const std::string& to,
                                                       wall_time since) const {
    std::vector<net::twilio::listed_message> found;
    for (const auto& one : arrivals_) {
        if (one.channel == channel && one.to == to && one.at >= since) {
            net::twilio::listed_message message;
            message.sid = "SM" + one.id;
            message.status = channel == domain::channel::whatsapp ? status_of(one.id) : "sent";
            message.created_at = one.at;
            message.body = one.id;
            found.push_back(std::move(message));
        }
    }
    return found;
}

void far_end::violation(std::string what) {
    log_.add("VIOLATION " + what);
    violations_.push_back(std::move(what));
}

bool far_end::wall_was_wrong(wall_time from, wall_time until) const {
    constexpr auto shortly = 4h;
    return !wall_is_true || std::ranges::any_of(wrong_times, [&](const auto& one) {
        return one.first - shortly < until && from < one.second + shortly;
    });
}

std::map<domain::delivery_id, int> far_end::arrived() const {
    std::map<domain::delivery_id, int> counts;
    for (const auto& one : arrivals_) {
        ++counts[one.id];
    }
    return counts;
}

int far_end::unknown(const domain::delivery_id& id) const {
    const auto at = unknown_.find(id);
    return at == unknown_.end() ? 0 : at->second;
}

namespace {

// Also when the coroutine is destroyed in the middle of it.
class sending {
public:
    sending(far_end& far, domain::delivery_id id) : far_{far}, id_{std::move(id)} {
        far_.under_way[id_] = far_.clock().boot_now();
    }
    ~sending() { far_.under_way.erase(id_); }
    sending(const sending&) = delete;
    sending& operator=(const sending&) = delete;

private:
    far_end& far_;
    domain::delivery_id id_;
};

}  // namespace

std::expected<net::smtp::mail, domain::reason> simulated_composer::compose_mail(const domain::claimed_delivery& what,
                                                                                wall_time now) const {
    far_.composed(what, now);
    return net::smtp::mail{.from = "clinic", .to = what.recipient.email, .message = what.id};
}

std::expected<net::twilio::text_message, domain::reason> simulated_composer::compose_text(
    const domain::claimed_delivery& what, wall_time now) const {
    far_.composed(what, now);
    net::twilio::text_message message;
    message.channel = what.channel;
    message.to = what.recipient.phone;
    message.body = what.id;
    return message;
}

net::task<net::smtp::mail_outcome> simulated_mailer::send(net::smtp::mail what, domain::lease lease, deadline until) {
    using net::smtp::mail_verdict;
    net::smtp::mail_outcome outcome;
    outcome.verdict = mail_verdict::lease_lost;
    const bool has_turn = co_await far_.wait_for_turn(lease);
    if (!has_turn) {
        co_return outcome;
    }
    const auto alarm = far_.clock().make_alarm();
    const auto fault = far_.draw(far_.mail_outage);
    far_.begin(what.message);
    const sending guard{far_, what.message};
    // An outage or a frozen host may have cost it the claim: then the row says that its outcome is unknown.
    const auto known = accepted_.find(what.message);
    if (known != accepted_.end() && far_.calm_since && *far_.calm_since + longest_send < known->second) {
        far_.violation("sent again by the daemon that knew that it had arrived: " + what.message);
    }
    const auto there = far_.clock().boot_now() + far_.random().between(1ms, 300ms);
    if (co_await alarm->wait_until(there) == net::woken::cancelled || !far_.may_write(lease)) {
        co_return outcome;
    }
    far_.write(what.message);
    const bool lost = fault == provider_answer::lost_after || fault == provider_answer::hung_after;
    if ((fault == provider_answer::good && far_.bug != planted_bug::accepted_without_sending) || lost) {
        far_.arrive(what.message);
    }
    const bool hung = fault == provider_answer::hung || fault == provider_answer::hung_after;
    const auto back = hung ? std::min(until, there + 2min) : there + far_.random().between(1ms, 300ms);
    co_await alarm->wait_until(back);
    switch (fault) {
        case provider_answer::good:
            outcome.verdict = mail_verdict::accepted;
            accepted_.emplace(what.message, far_.clock().boot_now());
            break;
        case provider_answer::refused:
        case provider_answer::hung:
            outcome.verdict = mail_verdict::retry_connection;
            break;
        case provider_answer::busy:
            outcome.verdict = mail_verdict::retry_greylisted;
            break;
        case provider_answer::rejected:
            outcome.verdict = mail_verdict::bad_address;
            break;
        case provider_answer::misconfigured:
            outcome.verdict = mail_verdict::configuration;
            break;
        case provider_answer::lost_before:
        case provider_answer::lost_after:
        case provider_answer::hung_after:
            far_.answer_unknown(what.message);
            outcome.verdict = far_.bug == planted_bug::lost_answer_is_refusal ? mail_verdict::retry_connection
                                                                              : mail_verdict::outcome_unknown;
            break;
    }
    co_return outcome;
}

void simulated_messenger::check_hold() const {
    // One that had been begun before, and asked first, may still come.
    constexpr auto under_way = 1s;
    const auto now = far_.clock().boot_now();
    if (now > held_since_ + under_way && now < held_until_) {
        far_.violation("Twilio was asked again before Retry-After had passed");
    }
}

net::task<net::twilio::text_outcome> simulated_messenger::send(net::twilio::text_message what, domain::lease lease,
                                                               deadline until) {
    using net::twilio::text_verdict;
    net::twilio::text_outcome outcome;
    outcome.verdict = text_verdict::lease_lost;
    check_hold();
    const bool has_turn = co_await far_.wait_for_turn(lease);
    if (!has_turn) {
        co_return outcome;
    }
    // As the client does: it may have waited for its turn while another was told to slow down.
    if (const auto now = far_.clock().boot_now(); now < held_until_) {
        outcome.verdict = text_verdict::held;
        outcome.retry_after = std::chrono::ceil<std::chrono::seconds>(held_until_ - now);
        co_return outcome;
    }
    const auto alarm = far_.clock().make_alarm();
    const auto fault = far_.draw(far_.text_outage);
    far_.begin(what.body);
    const sending guard{far_, what.body};
    const auto there = far_.clock().boot_now() + far_.random().between(1ms, 300ms);
    if (co_await alarm->wait_until(there) == net::woken::cancelled || !far_.may_write(lease)) {
        co_return outcome;
    }
    far_.write(what.body);
    const bool lost = fault == provider_answer::lost_after || fault == provider_answer::hung_after;
    if (fault == provider_answer::good || lost) {
        far_.arrive(what.body);
    }
    const bool hung = fault == provider_answer::hung || fault == provider_answer::hung_after;
    co_await alarm->wait_until(hung ? until : there + far_.random().between(1ms, 300ms));
    switch (fault) {
        case provider_answer::good:
            outcome.verdict = text_verdict::accepted;
            outcome.sid = "SM" + what.body;
            break;
        case provider_answer::refused:
            outcome.verdict = text_verdict::retry;
            break;
        case provider_answer::busy:
            outcome.verdict = text_verdict::retry;
            outcome.retry_after = far_.random().between(1s, 300s);
            held_since_ = far_.clock().boot_now();
            held_until_ = std::max<boot_time>(held_until_, held_since_ + outcome.retry_after);
            break;
        case provider_answer::rejected:
            outcome.verdict = text_verdict::bad_message;
            break;
        case provider_answer::misconfigured:
            outcome.verdict = text_verdict::configuration;
            break;
        case provider_answer::lost_before:
        case provider_answer::lost_after:
        case provider_answer::hung:
        case provider_answer::hung_after:
            far_.answer_unknown(what.body);
            outcome.verdict = text_verdict::ask_first;
            break;
    }
    co_return outcome;
}

net::task<std::optional<std::vector<net::twilio::listed_message>>> simulated_messenger::list(domain::channel channel,
                                                                                             std::string to,
                                                                                             wall_time since,
                                                                                             deadline until) {
    const auto alarm = far_.clock().make_alarm();
    const bool silent = far_.text_outage != provider_answer::good || far_.random().one_in(10);
    const auto back = far_.clock().boot_now() + far_.random().between(1ms, 200ms);
    if (co_await alarm->wait_until(std::min(back, until)) == net::woken::cancelled || silent) {
        co_return std::nullopt;
    }
    if (far_.bug == planted_bug::list_is_blind) {
        co_return std::vector<net::twilio::listed_message>{};
    }
    co_return far_.list(channel, to, since);
}

net::task<std::optional<net::twilio::listed_message>> simulated_messenger::find(std::string sid, deadline until) {
    if (far_.clock().boot_now() < held_until_) {
        far_.did_not_tell();
        co_return std::nullopt;
    }
    const auto alarm = far_.clock().make_alarm();
    const bool hung = far_.text_outage == provider_answer::hung;
    const bool silent = far_.text_outage != provider_answer::good || far_.random().one_in(10);
    const auto back = far_.clock().boot_now() + far_.random().between(1ms, 200ms);
    const auto woken = co_await alarm->wait_until(hung ? until : std::min(back, until));
    if (woken == net::woken::cancelled || silent) {
        far_.did_not_tell();
        co_return std::nullopt;
    }
    net::twilio::listed_message found;
    found.status = far_.status_of(sid.substr(2));
    found.sid = std::move(sid);
    co_return found;
}

}  // namespace punctual::test
