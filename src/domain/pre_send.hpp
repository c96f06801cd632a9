#pragma once
// The last look before a message is composed, at what the claim read again: may this person get this
// message by this channel? Whether an address is valid is the composer's to say, quiet hours are
// quiet_hours.hpp's.

#include "domain/delivery.hpp"
#include "domain/policy.hpp"

#include <optional>

namespace punctual::domain {

struct configured_channels {
    bool email = false;
    bool whatsapp = false;
    bool sms = false;

    [[nodiscard]] bool has(channel which) const noexcept;
};

// Why it is not sent, the first that applies in the contract's order (§3): inactive,
// reminders_disabled (the patient's reminders alone), email_disabled / no_consent / opted_out,
// no_address (missing), channel_not_configured, already_started, shadow. nullopt: send. The clinic (id 0) is
// refused by its channel alone.
[[nodiscard]] std::optional<reason> pre_send_check(const claimed_delivery& what, const policy& rules, wall_time now,
                                                   const configured_channels& configured) noexcept;

// When one SMS goes in place of an accepted WhatsApp message with no final status (domain rules §4);
// nullopt for other channels, and when the SMS would come too late to be useful.
[[nodiscard]] std::optional<wall_time> fallback_at(const claimed_delivery& what, const policy& rules,
                                                   wall_time accepted_at) noexcept;

}  // namespace punctual::domain
