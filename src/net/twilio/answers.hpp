#pragma once
// Twilio's JSON, read strictly: at most 32 levels, the types that its OpenAPI description gives, sids in
// their shape. nullopt means "cannot be read", which is never "failed".

#include "net/twilio/messenger.hpp"
#include "net/twilio/rooms.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::twilio {

struct error_answer {
    int code = 0;  // 0 when there was none
    std::string message;
};

// {"code", "message"} or the newer {"errors": [{…}]}; empty for HTML and everything else.
[[nodiscard]] error_answer read_error(std::string_view body);

struct message_answer {
    std::string sid;
    std::string status;
};
[[nodiscard]] std::optional<message_answer> read_message(std::string_view body);

template <class Item>
struct page {
    std::vector<Item> items;
    std::string next;  // path and query of the next page; empty on the last
};
// A message as GET gives it, and as a list holds it.
[[nodiscard]] std::optional<listed_message> read_one_message(std::string_view body);
[[nodiscard]] std::optional<page<listed_message>> read_message_page(std::string_view body);
[[nodiscard]] std::optional<room> read_room(std::string_view body);
[[nodiscard]] std::optional<page<room>> read_room_page(std::string_view body);
[[nodiscard]] std::optional<page<room_participant>> read_participant_page(std::string_view body);

// Path and query of an absolute or relative URL: credentials go to our own host alone. nullopt when it is
// neither.
[[nodiscard]] std::optional<std::string> path_and_query(std::string_view url);

// SM or MM.
[[nodiscard]] bool is_message_sid(std::string_view text) noexcept;
// `prefix` and 32 hex digits.
[[nodiscard]] bool is_sid(std::string_view text, std::string_view prefix) noexcept;

// {"1":"…"}: the value of ContentVariables.
[[nodiscard]] std::string write_variables(const std::map<std::string, std::string>& variables);

}  // namespace punctual::net::twilio
