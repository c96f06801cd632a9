#include "net/rendering/settings_check.hpp"

#include "net/rendering/clinic_composer.hpp"
#include "net/rendering/email_address.hpp"
#include "net/rendering/local_time.hpp"
#include "net/rendering/message_words.hpp"
#include "net/rendering/phone_number.hpp"

namespace punctual::net::rendering {
namespace {

class composer_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "composer"; }
    std::string message(int value) const override {
        switch (static_cast<composer_errc>(value)) {
            case composer_errc::unknown_zone:
                return "the clinic's time zone is unknown";
            case composer_errc::unknown_region:
                return "the clinic's phone region is unknown";
            case composer_errc::unknown_language:
                return "there are no templates in the clinic's language";
            case composer_errc::bad_from:
                return "the sender's address cannot be mailed";
            case composer_errc::bad_url:
                return "a URL in links is not http or https";
            case composer_errc::bad_variable:
                return "a content template names an unknown variable";
        }
        return "unknown composer error";
    }
};

bool is_web_url(std::string_view url) {
    return (url.starts_with("https://") || url.starts_with("http://")) &&
           url.find_first_of(" \t\r\n\"<>") == std::string_view::npos && url.size() > 8;
}

}  // namespace

boost::system::error_code make_error_code(composer_errc value) noexcept {
    static const composer_category category;
    return {static_cast<int>(value), category};
}

result<std::optional<domain::mailbox>> check_settings(const composer_settings& settings) {
    if (!utc_offset(settings.time_zone, wall_time{})) {
        return failure(composer_errc::unknown_zone, "CLINIC_TIME_ZONE: " + settings.time_zone);
    }
    if (!is_phone_region(settings.phone_region)) {
        return failure(composer_errc::unknown_region, "CLINIC_PHONE_REGION: " + settings.phone_region);
    }
    if (!is_web_url(settings.frontend_url) || !is_web_url(settings.backend_url)) {
        return failure(composer_errc::bad_url, "FRONTEND_URL, BACKEND_URL");
    }
    std::optional<domain::mailbox> from;
    if (!settings.from.empty()) {
        from = parse_mailbox(settings.from);
        if (!from) {
            return failure(composer_errc::bad_from, "DEFAULT_FROM_EMAIL");
        }
    }
    for (const auto& [name, languages] : settings.content) {
        for (const auto& [language, content] : languages) {
            for (const auto& variable : content.variables) {
                if (!find_word(variable)) {
                    std::string where = name;
                    where.append(": ").append(variable);
                    return failure(composer_errc::bad_variable, std::move(where));
                }
            }
        }
    }
    return from;
}

}  // namespace punctual::net::rendering
