#pragma once
// Finds what is wrong with the composer's settings before anything is composed with them.

#include "domain/mime.hpp"
#include "domain/result.hpp"
#include "net/rendering/composer_settings.hpp"

#include <optional>

namespace punctual::net::rendering {

// The sender as it stands in DEFAULT_FROM_EMAIL, nullopt when there is none; or composer_errc with the
// name of the setting. Templates are not looked at.
[[nodiscard]] result<std::optional<domain::mailbox>> check_settings(const composer_settings& settings);

}  // namespace punctual::net::rendering
