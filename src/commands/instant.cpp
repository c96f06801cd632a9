#include "commands/instant.hpp"

#include "net/postgres/time_text.hpp"

namespace punctual::commands {

std::optional<wall_time> parse_instant(std::string_view text) {
    // As Postgres writes it: a space for the T, an offset in figures.
    constexpr std::size_t date_length = 10;
    std::string spelled{text};
    if (spelled.size() > date_length && (spelled[date_length] == 'T' || spelled[date_length] == 't')) {
        spelled[date_length] = ' ';
    }
    if (spelled.ends_with('Z') || spelled.ends_with('z')) {
        spelled.replace(spelled.size() - 1, 1, "+00");
    }
    return net::postgres::read_time(spelled);
}

std::string instant_text(wall_time when) {
    auto text = net::postgres::write_time(std::chrono::floor<std::chrono::seconds>(when));
    constexpr std::size_t length = 19;
    text.resize(length);
    text[10] = 'T';
    return text + "Z";
}

}  // namespace punctual::commands
