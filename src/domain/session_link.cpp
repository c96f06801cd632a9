#include "domain/session_link.hpp"

#include "domain/percent_encoding.hpp"

namespace punctual::domain {

std::string session_link(std::string_view frontend_url, std::string_view room_name) {
    if (room_name.empty()) {
        return {};
    }
    while (frontend_url.ends_with('/')) {
        frontend_url.remove_suffix(1);
    }
    return std::string{frontend_url} + "/video-session/" + percent_encode(room_name);
}

}  // namespace punctual::domain
