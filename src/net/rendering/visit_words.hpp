#pragma once
// Fills the words of one message from its delivery: who, when in the recipient's zone, where.

#include "domain/delivery.hpp"
#include "net/log/logger.hpp"
#include "net/rendering/composer_settings.hpp"
#include "net/rendering/local_time.hpp"
#include "net/rendering/message_words.hpp"
#include "net/rendering/template_set.hpp"

#include <map>
#include <string>
#include <string_view>

namespace punctual::net::rendering {

class visit_words {
public:
    // All must outlive it.
    visit_words(const composer_settings& settings, const template_set& templates, logger& log);

    struct spoken {
        std::string language;  // of the templates
        message_words words;
    };
    [[nodiscard]] spoken write(const domain::claimed_delivery& what, wall_time now);

private:
    [[nodiscard]] local_words local(const date_words& dates, const domain::claimed_delivery& what, wall_time at,
                                    wall_time now);
    [[nodiscard]] const date_words& dates_of(const std::string& language, const std::string& wanted);
    void write_times(spoken& out, const domain::claimed_delivery& what, wall_time now);
    void write_places(message_words& words, const domain::claimed_delivery& what) const;
    [[nodiscard]] std::string address_of(const domain::visit& what) const;

    const composer_settings& settings_;
    const template_set& templates_;
    logger& log_;
    std::map<std::string, date_words, std::less<>> dates_;  // by locale
};

}  // namespace punctual::net::rendering
