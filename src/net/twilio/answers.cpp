#include "net/twilio/answers.hpp"

#include "net/twilio/dates.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <limits>

namespace punctual::net::twilio {

namespace json = boost::json;

namespace {

std::optional<json::object> read_object(std::string_view body) {
    json::parse_options options;
    options.max_depth = 32;
    boost::system::error_code ec;
    auto value = json::parse({body.data(), body.size()}, ec, {}, options);
    if (ec || !value.is_object()) {
        return std::nullopt;
    }
    return std::move(value.get_object());
}

std::optional<std::string> text(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains({name.data(), name.size()});
    if (found == nullptr || !found->is_string()) {
        return std::nullopt;
    }
    return std::string{found->get_string()};
}

// Absent and null are `empty`; another type cannot be read.
std::optional<std::string> text_or_null(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains({name.data(), name.size()});
    return found == nullptr || found->is_null() ? std::optional{std::string{}} : text(in, name);
}

std::optional<int> whole_number(const json::value& value) {
    if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > std::numeric_limits<int>::max()) {
        return std::nullopt;
    }
    return static_cast<int>(value.get_int64());
}

std::optional<int> number_or_null(const json::object& in, std::string_view name) {
    const auto* found = in.if_contains({name.data(), name.size()});
    return found == nullptr || found->is_null() ? std::optional{0} : whole_number(*found);
}

std::optional<room> room_of(const json::object& in) {
    auto sid = text(in, "sid");
    auto name = text(in, "unique_name");
    auto status = text(in, "status");
    if (!sid || !is_sid(*sid, "RM") || !name || !status) {
        return std::nullopt;
    }
    return room{std::move(*sid), std::move(*name), std::move(*status)};
}

std::optional<listed_message> listed_of(const json::object& in) {
    auto sid = text(in, "sid");
    auto status = text(in, "status");
    auto body = text_or_null(in, "body");
    const auto code = number_or_null(in, "error_code");
    const auto created = text_or_null(in, "date_created");
    auto from = text_or_null(in, "from");
    auto service = text_or_null(in, "messaging_service_sid");
    if (!sid || !is_message_sid(*sid) || !status || !body || !code || !created || !from || !service) {
        return std::nullopt;
    }
    listed_message found{.sid = std::move(*sid),
                         .status = std::move(*status),
                         .error_code = *code,
                         .created_at = {},
                         .body = std::move(*body),
                         .from = std::move(*from),
                         .service = std::move(*service)};
    if (!created->empty()) {
        const auto at = parse_header_date(*created);
        if (!at) {
            return std::nullopt;
        }
        found.created_at = *at;
    } else {
        // Not known: as late as can be, so that nobody takes it for older than what is asked for.
        found.created_at = wall_time::max();
    }
    return found;
}

std::optional<room_participant> participant_of(const json::object& in) {
    auto sid = text(in, "sid");
    auto identity = text_or_null(in, "identity");
    const auto status = text_or_null(in, "status");
    const auto start = text_or_null(in, "start_time");
    const auto end = text_or_null(in, "end_time");
    if (!sid || !is_sid(*sid, "PA") || !identity || !status || !start || !end) {
        return std::nullopt;
    }
    const auto joined_at = start->empty() ? std::optional<wall_time>{wall_time{}} : parse_iso_date(*start);
    const auto left_at = end->empty() ? joined_at : parse_iso_date(*end);
    if (!joined_at || !left_at) {
        return std::nullopt;
    }
    room_participant found{
        .sid = std::move(*sid), .identity = std::move(*identity), .joined_at = *joined_at, .left_at = {}};
    if (*status == "disconnected") {
        found.left_at = left_at;
    }
    return found;
}

template <class Item>
std::optional<page<Item>> read_page(const json::object& in, std::string_view list,
                                    std::optional<Item> (*read)(const json::object&), const json::object& paging,
                                    std::string_view next) {
    const auto* items = in.if_contains({list.data(), list.size()});
    const auto url = text_or_null(paging, next);
    if (items == nullptr || !items->is_array() || !url) {
        return std::nullopt;
    }
    page<Item> found;
    for (const auto& item : items->get_array()) {
        auto one = item.is_object() ? read(item.get_object()) : std::nullopt;
        if (!one) {
            return std::nullopt;
        }
        found.items.push_back(std::move(*one));
    }
    if (!url->empty()) {
        auto target = path_and_query(*url);
        if (!target) {
            return std::nullopt;
        }
        found.next = std::move(*target);
    }
    return found;
}

// The v1 APIs keep paging in "meta".
template <class Item>
std::optional<page<Item>> read_v1_page(std::string_view body, std::string_view list,
                                       std::optional<Item> (*read)(const json::object&)) {
    const auto in = read_object(body);
    const auto* meta = in ? in->if_contains("meta") : nullptr;
    if (meta == nullptr || !meta->is_object()) {
        return std::nullopt;
    }
    return read_page(*in, list, read, meta->get_object(), "next_page_url");
}

}  // namespace

error_answer read_error(std::string_view body) {
    const auto in = read_object(body);
    if (!in) {
        return {};
    }
    const auto* from = &*in;
    const auto* errors = in->if_contains("errors");
    if (errors != nullptr && errors->is_array() && !errors->get_array().empty() && errors->get_array()[0].is_object()) {
        from = &errors->get_array()[0].get_object();
    }
    return {number_or_null(*from, "code").value_or(0), text_or_null(*from, "message").value_or("")};
}

std::optional<message_answer> read_message(std::string_view body) {
    const auto in = read_object(body);
    if (!in) {
        return std::nullopt;
    }
    auto sid = text(*in, "sid");
    auto status = text(*in, "status");
    if (!sid || !is_message_sid(*sid) || !status) {
        return std::nullopt;
    }
    return message_answer{std::move(*sid), std::move(*status)};
}

std::optional<listed_message> read_one_message(std::string_view body) {
    const auto in = read_object(body);
    return in ? listed_of(*in) : std::nullopt;
}

std::optional<page<listed_message>> read_message_page(std::string_view body) {
    const auto in = read_object(body);
    return in ? read_page(*in, "messages", listed_of, *in, "next_page_uri") : std::nullopt;
}

std::optional<room> read_room(std::string_view body) {
    const auto in = read_object(body);
    return in ? room_of(*in) : std::nullopt;
}

std::optional<page<room>> read_room_page(std::string_view body) {
    return read_v1_page(body, "rooms", room_of);
}

std::optional<page<room_participant>> read_participant_page(std::string_view body) {
    return read_v1_page(body, "participants", participant_of);
}

std::optional<std::string> path_and_query(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos && scheme < url.find('/')) {
        const auto path = url.find('/', scheme + 3);
        if (path == std::string_view::npos) {
            return std::nullopt;
        }
        url.remove_prefix(path);
    }
    url = url.substr(0, url.find('#'));
    const bool clean = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; });
    if (!url.starts_with('/') || url.starts_with("//") || !clean) {
        return std::nullopt;
    }
    return std::string{url};
}

bool is_sid(std::string_view text, std::string_view prefix) noexcept {
    constexpr std::size_t digits = 32;
    return text.size() == prefix.size() + digits && text.starts_with(prefix) &&
           std::ranges::all_of(text.substr(prefix.size()), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

bool is_message_sid(std::string_view text) noexcept {
    return is_sid(text, "SM") || is_sid(text, "MM");
}

std::string write_variables(const std::map<std::string, std::string>& variables) {
    json::object object;
    for (const auto& [name, value] : variables) {
        object[name] = value;
    }
    return json::serialize(object);
}

}  // namespace punctual::net::twilio
