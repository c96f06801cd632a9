// Twilio's JSON (src/net/twilio/answers.hpp): whatever comes is read strictly or not at all.

#include "net/twilio/answers.hpp"
#include "net/twilio/dates.hpp"
#include "net/twilio/redact.hpp"
#include "support/input.hpp"

#include <boost/json/parse.hpp>

#include <string>

namespace punctual::fuzz {
namespace {

using namespace net::twilio;

template <class Item>
void check_next(const std::optional<page<Item>>& what) {
    require(!what || what->next.empty() || what->next.starts_with('/'), "the next page is on our own host");
}

}  // namespace

void try_input(std::string_view bytes) {
    const auto error = read_error(bytes);
    require(error.code >= 0, "a code is no less than none");
    if (const auto made = read_message(bytes)) {
        require(is_sid(made->sid, "SM") || is_sid(made->sid, "MM"), "a message has its sid");
    }
    if (const auto found = read_one_message(bytes)) {
        require(is_message_sid(found->sid), "a message has its sid");
    }
    if (const auto made = read_room(bytes)) {
        require(is_sid(made->sid, "RM"), "a room has its sid");
    }
    const auto messages = read_message_page(bytes);
    check_next(messages);
    const auto rooms = read_room_page(bytes);
    check_next(rooms);
    for (const auto& one : rooms ? rooms->items : std::vector<room>{}) {
        require(is_sid(one.sid, "RM"), "a room has its sid");
    }
    const auto people = read_participant_page(bytes);
    check_next(people);
    for (const auto& one : people ? people->items : std::vector<room_participant>{}) {
        require(is_sid(one.sid, "PA"), "a participant has its sid");
    }
    if (const auto path = path_and_query(bytes)) {
        require(path->starts_with('/') && !path->starts_with("//"), "a path of our own host");
    }
    const auto redacted = redact(bytes);
    require(!redacted.contains('@') || !bytes.contains('@') || redacted.size() <= bytes.size() + 1024, "redacted");

    // A JSON string in a form field: it must come back as it was, whatever stands in it.
    std::map<std::string, std::string> variables;
    fields input{bytes};
    for (int i = 1; i <= 4; ++i) {
        variables[std::to_string(i)] = std::string{input.next()};
    }
    boost::system::error_code ec;
    const auto written = boost::json::parse(write_variables(variables), ec);
    // What is not UTF-8 cannot stand in JSON; the composer repairs it before (template_render).
    require(ec || written.is_object(), "variables are an object");
    if (!ec) {
        for (const auto& [name, value] : variables) {
            require(written.get_object().at(name) == boost::json::string_view{value}, "variables come back");
        }
    }
}

}  // namespace punctual::fuzz
