#pragma once
// Makes the composer that the daemon uses (composer.hpp), and renders everything once to find what is
// wrong before a patient does.

#include "domain/result.hpp"
#include "net/log/logger.hpp"
#include "net/rendering/composer.hpp"
#include "net/rendering/composer_settings.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::rendering {

enum class composer_errc {
    unknown_zone = 1,  // CLINIC_TIME_ZONE
    unknown_region,    // CLINIC_PHONE_REGION
    unknown_language,  // CLINIC_LOCALE: no templates in it
    bad_from,          // DEFAULT_FROM_EMAIL
    bad_url,           // FRONTEND_URL, BACKEND_URL
    bad_variable,      // a content template's
};
[[nodiscard]] boost::system::error_code make_error_code(composer_errc value) noexcept;

// Fails with what is wrong with the settings or the templates. `log` must outlive it; it gets one
// line, with the person's id, for a person whose zone is unknown. Not for several threads at once.
[[nodiscard]] result<std::unique_ptr<composer>> make_composer(composer_settings settings, logger& log);

// Every kind, role, language and channel with sample people, in the zones of the clinic and of Lord
// Howe: what is wrong, one sentence each; nothing when all is well. Sends nothing.
[[nodiscard]] std::vector<std::string> check_templates(const composer_settings& settings);

// The words that a kind's content template gets unless the configuration names others.
[[nodiscard]] std::vector<std::string> default_variables(std::string_view kind);

}  // namespace punctual::net::rendering

template <>
struct boost::system::is_error_code_enum<punctual::net::rendering::composer_errc> : std::true_type {};
