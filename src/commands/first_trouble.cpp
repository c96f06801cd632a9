#include "commands/first_trouble.hpp"

#include <algorithm>

namespace punctual::commands {

void first_trouble::write(net::log_level, std::string_view event, std::initializer_list<net::log_field> fields) {
    if (!why_.empty() || (event != "postgres_unreachable" && event != "postgres_lost")) {
        return;
    }
    const auto* const at = std::ranges::find(fields, std::string_view{"why"}, &net::log_field::key);
    why_ = at == fields.end() ? std::string{event} : at->value;
    if (on_trouble) {
        on_trouble();
    }
}

}  // namespace punctual::commands
