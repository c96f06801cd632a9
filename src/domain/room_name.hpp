#pragma once
// What the names at Twilio say of us: apt-{appointment}-{unix seconds}-{8 hex} of a room, {person}-… of somebody
// in it. A name of that form is not proof: another installation may share the account.

#include "domain/vocabulary.hpp"

#include <optional>
#include <string_view>

namespace punctual::domain {

[[nodiscard]] std::optional<appointment_id> appointment_of_room(std::string_view name) noexcept;
// "456-patient@example.com", "456-patient"; nullopt for any other form and for 0.
[[nodiscard]] std::optional<person_id> person_of_identity(std::string_view identity) noexcept;

}  // namespace punctual::domain
