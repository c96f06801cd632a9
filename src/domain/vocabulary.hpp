#pragma once
// The words of the clinic and of the delivery table (contract §3), each with its spelling in SQL.
// It refuses to know how anything is sent or stored.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace punctual::domain {

using appointment_id = std::int64_t;
using person_id = std::int64_t;  // 0 is the clinic itself

enum class session_type : std::uint8_t { telehealth, in_person };
enum class appointment_status : std::uint8_t { scheduled, confirmed, completed, cancelled, no_show };
enum class role : std::uint8_t { patient, psychologist, practice_manager, admin, clinic };
enum class channel : std::uint8_t { email, whatsapp, sms };

enum class delivery_state : std::uint8_t {
    claimed,      // intent on disk, being sent
    retrying,     // waits for next_attempt_at; attempts = 0 when never tried
    accepted,     // SMTP 250, Twilio 201
    delivered,    // the provider says that it arrived
    failed,       // permanently
    skipped,      // never tried, `reason` says why
    expired,      // its time passed first
    superseded,   // the appointment moved or was cancelled
    unconfirmed,  // outcome unknown and not sent again
};

enum class reason : std::uint8_t {
    none,
    booked_inside_window,
    no_address,
    no_consent,
    opted_out,
    email_disabled,
    reminders_disabled,
    quiet_hours,
    channel_not_configured,
    already_started,
    inactive,
    shadow,
    whatsapp_failed,
    whatsapp_silent,
    whatsapp_delivered,  // of a skipped SMS: what it was to stand in for has arrived
    outcome_unknown,
    reconciled,
};

// What a message is. Reminders are numbered from first_reminder in the order of the plan, furthest
// from the start first; their names stand in the policy (policy.hpp: kind_name).
enum class kind : std::uint8_t { confirmation, cancellation, reschedule, staff_alert, nudge, first_reminder };

// One of something for each channel, at its index_of().
template <class T>
using by_channel = std::array<T, 3>;
using channel_counts = by_channel<std::size_t>;
[[nodiscard]] constexpr std::size_t index_of(channel value) noexcept {
    return static_cast<std::size_t>(value);
}

// Those that are no reminders, in the order of the enumeration.
inline constexpr std::array<std::string_view, 5> fixed_kind_names{"confirmation", "cancellation", "reschedule",
                                                                  "staff_alert", "nudge"};

constexpr kind reminder_kind(std::size_t index) noexcept {
    // The type is fixed, so values past the named ones are its values too.
    // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange)
    return static_cast<kind>(static_cast<std::size_t>(kind::first_reminder) + index);
}
constexpr bool is_reminder(kind value) noexcept {
    return value >= kind::first_reminder;
}
constexpr std::size_t reminder_index(kind value) noexcept {
    return static_cast<std::size_t>(value) - static_cast<std::size_t>(kind::first_reminder);
}

// The spelling in SQL and in the API; nullopt for a word that is not one of them.
[[nodiscard]] std::string_view to_string(session_type value) noexcept;
[[nodiscard]] std::string_view to_string(appointment_status value) noexcept;
[[nodiscard]] std::string_view to_string(role value) noexcept;
[[nodiscard]] std::string_view to_string(channel value) noexcept;
[[nodiscard]] std::string_view to_string(delivery_state value) noexcept;
[[nodiscard]] std::string_view to_string(reason value) noexcept;  // "" for none
template <class Enum>
[[nodiscard]] std::optional<Enum> parse(std::string_view word) noexcept;

}  // namespace punctual::domain
