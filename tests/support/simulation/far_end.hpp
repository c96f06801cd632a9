#pragma once
// The providers of a simulation and the people behind them: it counts what arrives, and judges each message
// at the moment when it is handed over. It outlives the daemons. Its faults are drawn from the seed.

#include "net/rendering/composer.hpp"
#include "net/smtp/mailer.hpp"
#include "net/twilio/messenger.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_store.hpp"
#include "support/simulation/dice.hpp"
#include "support/simulation/trace.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace punctual::test {

enum class provider_answer : std::uint8_t {
    good,
    refused,   // before anything was written
    busy,      // 4xx, 429
    rejected,  // this message, for ever
    misconfigured,
    lost_before,  // no answer, and nothing has arrived
    lost_after,   // no answer, and it has arrived
    hung,         // nothing has arrived, and the deadline passes
    hung_after,   // it has arrived, and the deadline passes
};

class far_end {
public:
    far_end(dice& random, manual_clock& clock, const net::clock& true_time, memory_database& rows, trace& log)
        : random_{random}, clock_{clock}, true_time_{true_time}, rows_{rows}, log_{log} {}

    // A committed change of an appointment or a person, by somebody else.
    void edited(domain::appointment_id id);
    void person_edited(domain::person_id id) { person_edited_[id] = true_time_.wall_now(); }

    // After the first.
    std::function<void(domain::appointment_id)> after_edit;

    // --- for the providers ----------------------------------------------------------------------
    void composed(const domain::claimed_delivery& what, wall_time now);
    // Handing over begins: is it still right?
    void begin(const domain::delivery_id& id);
    // The first byte goes out: the claim must be good.
    void write(const domain::delivery_id& id);
    void arrive(const domain::delivery_id& id);
    // What is being sent, since when.
    std::map<domain::delivery_id, boot_time> under_way;
    void answer_unknown(const domain::delivery_id& id) { ++unknown_[id]; }
    // Right before the first byte.
    [[nodiscard]] bool may_write(const domain::lease& lease) const;
    // For a connection to become free, now and then; false: the daemon is ending, or may not write any more.
    [[nodiscard]] net::task<bool> wait_for_turn(domain::lease lease);
    [[nodiscard]] provider_answer draw(provider_answer outage);
    // A WhatsApp message's status by now, as Twilio has it.
    [[nodiscard]] std::string status_of(const domain::delivery_id& id) const;
    // Twilio was asked for one, and did not say.
    void did_not_tell() { silent_at_ = true_time_.wall_now(); }
    [[nodiscard]] std::vector<net::twilio::listed_message> list(domain::channel channel, const std::string& to,
                                                                wall_time since) const;

    // --- of WhatsApp messages ---------------------------------------------------------------------
    struct receipt {
        domain::delivery_id id;
        std::string status;
    };
    // Callbacks that are due, each once.
    [[nodiscard]] std::vector<receipt> take_receipts();
    [[nodiscard]] wall_time next_receipt() const {
        return receipts_.empty() ? wall_time::max() : receipts_.begin()->first;
    }
    // What becomes of it in the end: delivered, undelivered, or sent for ever.
    [[nodiscard]] std::string fate_of(const domain::delivery_id& id) const;

    void violation(std::string what);

    dice& random() noexcept { return random_; }
    manual_clock& clock() noexcept { return clock_; }

    provider_answer mail_outage = provider_answer::good;  // good: none
    provider_answer text_outage = provider_answer::good;
    planted_bug bug = planted_bug::none;
    bool wall_is_true = true;                                  // false while the host's clock is set wrong
    std::vector<std::pair<wall_time, wall_time>> wrong_times;  // when it was
    std::size_t fault_one_in = 25;
    std::optional<boot_time> calm_since;  // all is well since then
    std::optional<wall_time> odd_night;
    std::size_t words_checked = 0;

    struct arrival {
        domain::delivery_id id;
        domain::channel channel;
        std::string to;
        wall_time at{};  // by the provider's clock, which is right
    };
    [[nodiscard]] const std::vector<arrival>& arrivals() const noexcept { return arrivals_; }
    // The host's clock was wrong at some time between these, or shortly before or after.
    [[nodiscard]] bool wall_was_wrong(wall_time from, wall_time until) const;
    [[nodiscard]] std::map<domain::delivery_id, int> arrived() const;
    [[nodiscard]] int unknown(const domain::delivery_id& id) const;
    [[nodiscard]] const std::vector<std::string>& violations() const noexcept { return violations_; }

private:
    // Since when the appointment has not been as the message tells it; nullopt: it is.
    [[nodiscard]] std::optional<wall_time> stale_since(const domain::claimed_delivery& what) const;
    void check_person(const domain::claimed_delivery& what);
    // By the law of the recipient's place, near an odd night.
    void check_words(const domain::claimed_delivery& what, wall_time now);
    void check_time(const domain::claimed_delivery& what);
    // An SMS arrives: nobody needs it whom the WhatsApp message has reached, as far as Twilio could tell.
    void check_replaced(const domain::delivery_id& id);
    void decide(const domain::delivery_id& whatsapp);

    struct fate {
        std::string status;
        wall_time at{};
    };
    struct standing {
        wall_time at{};
        std::int32_t version = 0;
        bool open = false;
    };

    dice& random_;
    manual_clock& clock_;
    const net::clock& true_time_;
    memory_database& rows_;
    trace& log_;
    std::map<domain::appointment_id, std::vector<standing>> history_;
    std::map<domain::person_id, wall_time> person_edited_;
    std::map<domain::delivery_id, domain::claimed_delivery> composed_;
    std::map<domain::appointment_id, domain::visit> first_composed_;  // for planted_bug::old_words
    std::map<domain::delivery_id, int> unknown_;
    std::map<domain::delivery_id, fate> fates_;
    std::multimap<wall_time, receipt> receipts_;
    std::optional<wall_time> silent_at_;
    std::vector<arrival> arrivals_;
    std::vector<std::string> violations_;
};

// Of one daemon: dead with it.
class simulated_composer final : public net::rendering::composer {
public:
    explicit simulated_composer(far_end& far) : far_{far} {}
    [[nodiscard]] std::expected<net::smtp::mail, domain::reason> compose_mail(const domain::claimed_delivery& what,
                                                                              wall_time now) const override;
    [[nodiscard]] std::expected<net::twilio::text_message, domain::reason> compose_text(
        const domain::claimed_delivery& what, wall_time now) const override;

private:
    far_end& far_;
};

class simulated_mailer final : public net::smtp::mailer {
public:
    explicit simulated_mailer(far_end& far) : far_{far} {}
    net::task<net::smtp::mail_outcome> send(net::smtp::mail what, domain::lease lease, deadline until) override;
    [[nodiscard]] std::size_t capacity() const noexcept override { return 4; }

private:
    far_end& far_;
    std::map<domain::delivery_id, boot_time> accepted_;
};

class simulated_messenger final : public net::twilio::messenger {
public:
    explicit simulated_messenger(far_end& far) : far_{far} {}
    net::task<net::twilio::text_outcome> send(net::twilio::text_message what, domain::lease lease,
                                              deadline until) override;
    net::task<std::optional<std::vector<net::twilio::listed_message>>> list(domain::channel channel, std::string to,
                                                                            wall_time since, deadline until) override;
    net::task<std::optional<net::twilio::listed_message>> find(std::string sid, deadline until) override;
    [[nodiscard]] std::size_t capacity() const noexcept override { return 4; }

private:
    // Twilio said when to come again, and to whom: to this daemon.
    void check_hold() const;

    far_end& far_;
    boot_time held_since_{};
    boot_time held_until_{};
};

}  // namespace punctual::test
