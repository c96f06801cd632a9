#include "sandbox/control.hpp"

#include "sandbox/mail_reader.hpp"
#include "sandbox/message_request.hpp"
#include "sandbox/rest.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace punctual::sandbox {
namespace {

namespace json = boost::json;

constexpr std::size_t usual_limit = 1000;
constexpr std::size_t rooms_shown = 500;

http::response problem(unsigned status, std::string why) {
    return json_response(status, json::object{{"error", std::move(why)}});
}

http::response empty() {
    http::response made;
    made.status = 204;
    return made;
}

// JSON holds text alone; what a mail carries in another encoding is shown as Latin-1.
std::string shown(std::string_view text) {
    if (is_utf8(text)) {
        return std::string{text};
    }
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xC0U | (byte >> 6U));
            out += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return out;
}

json::object to_json(const delivery& what, const inbox& log) {
    const auto raw = log.raw(what.n);
    const bool mail = what.channel == domain::channel::email;
    json::object made{{"n", what.n},
                      {"revision", what.revision},
                      {"channel", domain::to_string(what.channel)},
                      {"direction", what.inbound ? "in" : "out"},
                      {"to", shown(what.to)},
                      {"from", shown(what.from)},
                      {"subject", shown(what.subject)},
                      {"body", mail ? shown(raw.empty() ? std::string{} : read_mail(raw).text) : shown(what.body)},
                      {"delivery", shown(what.delivery_id)},
                      {"id", shown(what.id)},
                      {"status", what.status},
                      {"error_code", what.error_code == 0 ? json::value{} : json::value(what.error_code)},
                      {"size", what.size},
                      {"received_at", iso_micros(what.received_at)}};
    if (mail) {
        made["raw"] = raw.empty() ? json::value{} : json::value("/sandbox/mail/" + std::to_string(what.n) + ".eml");
    } else {
        made["segments"] = sms_segments(what.body);
        made["content_sid"] = what.content_sid;
        made["content_variables"] = shown(what.content_variables);
    }
    return made;
}

http::response list_deliveries(world& state, const rest_call& call) {
    const auto limit = static_cast<std::size_t>(
        std::clamp(parse_number(value_of(call.query, "limit")).value_or(usual_limit), 1L, 10'000L));
    const auto number = [&](std::string_view name) {
        return static_cast<std::uint64_t>(parse_number(value_of(call.query, name)).value_or(0));
    };
    const bool by_revision = find(call.query, "changed_since") != nullptr;
    const auto found = by_revision ? state.inbox.changed_since(number("changed_since"), limit)
                                   : state.inbox.since(number("since"), limit);
    json::array list;
    for (const auto* each : found) {
        list.push_back(to_json(*each, state.inbox));
    }
    // Where to go on: behind the last one given, or where everything ends.
    const auto last = found.empty() ? state.inbox.last() : found.back()->n;
    const auto revision = found.size() == limit && by_revision ? found.back()->revision : state.inbox.revision();
    return json_response(200, json::object{{"messages", std::move(list)},
                                           {"last", last},
                                           {"revision", revision},
                                           {"generation", state.inbox.generation()},
                                           {"held", state.inbox.size()}});
}

http::response show_mail(world& state, std::string_view name) {
    const auto dot = name.find('.');
    const auto n = parse_number(name.substr(0, dot));
    const auto kind = dot == std::string_view::npos ? std::string_view{} : name.substr(dot);
    const auto raw = n ? state.inbox.raw(static_cast<std::uint64_t>(*n)) : std::string_view{};
    if (raw.empty()) {
        return problem(404, "no such mail, or forgotten");
    }
    http::response made;
    // What a mail holds is a stranger's: no type guessing, no scripts, no way out.
    made.headers.emplace_back("X-Content-Type-Options", "nosniff");
    made.headers.emplace_back("Content-Security-Policy",
                              "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    if (kind == ".eml") {
        made.content_type = "text/plain; charset=utf-8";
        made.body = raw;
        return made;
    }
    const auto mail = read_mail(raw);
    if (kind == ".html") {
        made.content_type = "text/html; charset=utf-8";
        made.body = mail.html;
        return made;
    }
    if (kind != ".json") {
        return problem(404, "known are .eml, .html and .json");
    }
    json::array headers;
    for (const auto& [header, value] : mail.headers) {
        headers.push_back(json::array{shown(header), shown(value)});
    }
    return json_response(200, json::object{{"n", *n},
                                           {"headers", std::move(headers)},
                                           {"text", shown(mail.text)},
                                           {"html", shown(mail.html)},
                                           {"calendar", shown(mail.calendar)}});
}

json::object to_json(const room& what) {
    json::array people;
    for (const auto& each : what.participants) {
        people.push_back(
            json::object{{"sid", each.sid},
                         {"identity", shown(each.identity)},
                         {"connected", each.connected},
                         {"joined_at", iso_micros(each.joined_at)},
                         {"left_at", each.connected ? json::value{} : json::value(iso_micros(each.left_at))}});
    }
    return {{"sid", what.sid},
            {"unique_name", what.unique_name},
            {"status", what.in_progress ? "in-progress" : "completed"},
            {"created_at", iso_micros(what.created_at)},
            {"ended_at", what.in_progress ? json::value{} : json::value(iso_micros(what.ended_at))},
            {"ends_by_itself_at", what.due ? json::value(iso_micros(*what.due)) : json::value{}},
            {"unused_room_timeout", what.unused_timeout_minutes},
            {"empty_room_timeout", what.empty_timeout_minutes},
            {"max_participants", what.max_participants},
            {"media_region", what.media_region},
            {"status_callback", what.status_callback},
            {"record_participants_on_connect", what.record_participants},
            {"participants", std::move(people)}};
}

http::response list_rooms(world& state) {
    json::array list;
    for (const bool in_progress : {true, false}) {
        room_filter filter;
        filter.in_progress = in_progress;
        for (const auto* each : state.rooms.list(filter)) {
            // All that are open; of the others the last ones.
            if (!in_progress && list.size() >= rooms_shown) {
                break;
            }
            list.push_back(to_json(*each));
        }
    }
    return json_response(200, json::object{{"rooms", std::move(list)}, {"revision", state.rooms.revision()}});
}

std::string text_of(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

http::response join_room(world& state, std::string_view name, const json::object& body, wall_time now) {
    auto identity = text_of(body, "identity");
    if (const auto token = text_of(body, "token"); !token.empty()) {
        const auto grants = verify_access_token(token, state.credentials, now);
        if (!grants) {
            return error_response(grants.error());
        }
        // The grant is compared with the name, then with the sid.
        const auto wanted = state.rooms.fetch(name);
        const bool granted = grants->room.empty() ||
                             (wanted && (grants->room == (*wanted)->unique_name || grants->room == (*wanted)->sid));
        if (wanted && !granted) {
            return error_response({401, 20106, "Invalid Access Token grants"});
        }
        identity = grants->identity;
    }
    const auto joined = state.rooms.join(name, identity, now);
    return joined ? json_response(200, json::object{{"sid", joined->sid}, {"identity", joined->identity}})
                  : error_response(joined.error());
}

http::response change_room(world& state, const rest_call& call, const json::object& body) {
    const auto name = call.path[2];
    const auto verb = call.path[3];
    if (verb == "join") {
        return join_room(state, name, body, call.now);
    }
    if (verb == "leave") {
        const auto gone = state.rooms.leave(name, text_of(body, "identity"), call.now);
        return gone ? empty() : error_response(gone.error());
    }
    if (verb == "end") {
        const auto ended = state.rooms.complete(name, call.now);
        return ended ? empty() : error_response(ended.error());
    }
    return problem(404, "a room can join, leave or end");
}

http::response verify_token(const world& state, const json::object& body, wall_time now) {
    const auto grants = verify_access_token(text_of(body, "token"), state.credentials, now);
    if (!grants) {
        return error_response(grants.error());
    }
    return json_response(200, json::object{{"ok", true},
                                           {"identity", grants->identity},
                                           {"room", grants->room},
                                           {"expires_at", iso_seconds(grants->expires_at)}});
}

http::response receive_text(world& state, const json::object& body, wall_time now) {
    const auto channel = domain::parse<domain::channel>(text_of(body, "channel"));
    if (!channel || *channel == domain::channel::email) {
        return problem(400, "channel must be whatsapp or sms");
    }
    const auto got =
        state.messages.receive(*channel, text_of(body, "from"), text_of(body, "to"), text_of(body, "body"), now);
    return got ? json_response(201, json::object{{"sid", (*got)->sid}}) : error_response(got.error());
}

http::response list_webhooks(const world& state, const rest_call& call) {
    const auto since = static_cast<std::uint64_t>(parse_number(value_of(call.query, "since")).value_or(0));
    json::array list;
    for (const auto& each : state.webhooks()) {
        if (each.n <= since) {
            continue;
        }
        json::object fields;
        for (const auto& [name, value] : each.what.fields) {
            fields[name] = shown(value);
        }
        list.push_back(json::object{{"n", each.n},
                                    {"url", each.what.url},
                                    {"fields", std::move(fields)},
                                    {"status", each.status},
                                    {"attempts", each.attempts},
                                    {"error", each.error},
                                    {"ended_at", iso_micros(each.ended_at)}});
    }
    return json_response(200, json::object{{"callbacks", std::move(list)}});
}

http::response answer_get(world& state, const rest_call& call) {
    const auto& path = call.path;
    if (path.size() == 2 && path[1] == "messages.json") {
        return list_deliveries(state, call);
    }
    if (path.size() == 2 && path[1] == "rooms.json") {
        return list_rooms(state);
    }
    if (path.size() == 2 && path[1] == "callbacks.json") {
        return list_webhooks(state, call);
    }
    if (path.size() == 2 && path[1] == "behaviour") {
        return json_response(200, json::object{{"pending", state.orders.pending()}});
    }
    if (path.size() == 3 && path[1] == "mail") {
        return show_mail(state, path[2]);
    }
    return problem(404, "nothing here");
}

http::response answer_post(world& state, const rest_call& call) {
    // A page of somebody else's cannot send this type without asking first (CORS).
    if (!call.request.header("content-type").starts_with("application/json")) {
        return problem(415, "send application/json");
    }
    boost::system::error_code ec;
    const auto parsed = json::parse(call.request.body.empty() ? "{}" : call.request.body, ec);
    if (ec || !parsed.is_object()) {
        return problem(400, "send a JSON object");
    }
    const auto& body = parsed.get_object();
    const auto& path = call.path;
    if (path.size() == 2 && path[1] == "behaviour") {
        const auto mistake = take_order(state.orders, body);
        return mistake ? problem(400, *mistake) : empty();
    }
    if (path.size() == 3 && path[1] == "tokens" && path[2] == "verify") {
        return verify_token(state, body, call.now);
    }
    if (path.size() == 4 && path[1] == "rooms") {
        return change_room(state, call, body);
    }
    if (path.size() == 2 && path[1] == "inbound") {
        return receive_text(state, body, call.now);
    }
    if (path.size() == 2 && path[1] == "templates") {
        if (!is_sid(text_of(body, "content_sid"), "HX")) {
            return problem(400, "content_sid must be HX and 32 hex digits");
        }
        state.messages.add_template(text_of(body, "content_sid"), text_of(body, "text"));
        return empty();
    }
    return problem(404, "nothing here");
}

}  // namespace

http::response answer_control(world& state, const http::request& what, wall_time now) {
    state.advance(now);
    const auto call = read_call(what, now);
    if (what.method == http::method::get || what.method == http::method::head) {
        return answer_get(state, call);
    }
    if (what.method == http::method::post) {
        return answer_post(state, call);
    }
    if (what.method == http::method::delete_ && call.path.size() == 2 && call.path[1] == "messages") {
        state.inbox.clear();
        return empty();
    }
    if (what.method == http::method::delete_ && call.path.size() == 2 && call.path[1] == "behaviour") {
        state.orders.clear();
        return empty();
    }
    return problem(405, "method not allowed here");
}

}  // namespace punctual::sandbox
