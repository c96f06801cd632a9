#include "domain/vocabulary.hpp"

#include <algorithm>

namespace punctual::domain {
namespace {

constexpr std::array<std::string_view, 2> session_types{"telehealth", "in_person"};
constexpr std::array<std::string_view, 5> statuses{"scheduled", "confirmed", "completed", "cancelled", "no_show"};
constexpr std::array<std::string_view, 5> roles{"patient", "psychologist", "practice_manager", "admin", "clinic"};
constexpr by_channel<std::string_view> channels{"email", "whatsapp", "sms"};
constexpr std::array<std::string_view, 9> states{"claimed", "retrying", "accepted",   "delivered",  "failed",
                                                 "skipped", "expired",  "superseded", "unconfirmed"};
constexpr std::array<std::string_view, 17> reasons{"",
                                                   "booked_inside_window",
                                                   "no_address",
                                                   "no_consent",
                                                   "opted_out",
                                                   "email_disabled",
                                                   "reminders_disabled",
                                                   "quiet_hours",
                                                   "channel_not_configured",
                                                   "already_started",
                                                   "inactive",
                                                   "shadow",
                                                   "whatsapp_failed",
                                                   "whatsapp_silent",
                                                   "whatsapp_delivered",
                                                   "outcome_unknown",
                                                   "reconciled"};

template <class Enum, std::size_t N>
std::string_view word(const std::array<std::string_view, N>& words, Enum value) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? words[index] : std::string_view{};
}

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& words, std::string_view wanted) noexcept {
    const auto at = std::ranges::find(words, wanted);
    if (at == words.end()) {
        return std::nullopt;
    }
    return static_cast<Enum>(at - words.begin());
}

}  // namespace

std::string_view to_string(session_type value) noexcept {
    return word(session_types, value);
}
std::string_view to_string(appointment_status value) noexcept {
    return word(statuses, value);
}
std::string_view to_string(role value) noexcept {
    return word(roles, value);
}
std::string_view to_string(channel value) noexcept {
    return word(channels, value);
}
std::string_view to_string(delivery_state value) noexcept {
    return word(states, value);
}
std::string_view to_string(reason value) noexcept {
    return word(reasons, value);
}

template <>
std::optional<session_type> parse(std::string_view text) noexcept {
    return find<session_type>(session_types, text);
}
template <>
std::optional<appointment_status> parse(std::string_view text) noexcept {
    return find<appointment_status>(statuses, text);
}
template <>
std::optional<role> parse(std::string_view text) noexcept {
    return find<role>(roles, text);
}
template <>
std::optional<channel> parse(std::string_view text) noexcept {
    return find<channel>(channels, text);
}
template <>
std::optional<delivery_state> parse(std::string_view text) noexcept {
    return find<delivery_state>(states, text);
}
template <>
std::optional<reason> parse(std::string_view text) noexcept {
    return find<reason>(reasons, text);
}

}  // namespace punctual::domain
