// /v1/Rooms and what is under it (https://www.twilio.com/docs/video/api/rooms-resource).

#include "sandbox/rest.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace punctual::sandbox {
namespace {

namespace json = boost::json;

json::value time_or_null(wall_time at) {
    return at == wall_time{} ? json::value{} : json::value(iso_seconds(at));
}

json::value duration_or_null(wall_time from, wall_time until) {
    if (until == wall_time{}) {
        return {};
    }
    return std::chrono::floor<std::chrono::seconds>(until - from).count();
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value{} : json::value(text);
}

json::object to_json(const room& what, const rest_call& call, const world& state) {
    const auto url = call.origin + "/v1/Rooms/" + what.sid;
    json::array codecs;
    for (const auto& codec : what.video_codecs) {
        codecs.emplace_back(codec);
    }
    return {{"sid", what.sid},
            {"account_sid", state.credentials.sid},
            {"unique_name", what.unique_name},
            {"status", what.in_progress ? "in-progress" : "completed"},
            {"type", "group"},
            {"date_created", iso_seconds(what.created_at)},
            {"date_updated", iso_seconds(what.updated_at)},
            {"end_time", time_or_null(what.ended_at)},
            {"duration", duration_or_null(what.created_at, what.ended_at)},
            {"max_participants", what.max_participants},
            {"max_participant_duration", what.max_participant_seconds},
            {"max_concurrent_published_tracks", 170},
            {"empty_room_timeout", what.empty_timeout_minutes},
            {"unused_room_timeout", what.unused_timeout_minutes},
            {"media_region", text_or_null(what.media_region)},
            {"record_participants_on_connect", what.record_participants},
            {"video_codecs", std::move(codecs)},
            {"audio_only", false},
            {"large_room", false},
            {"enable_turn", true},
            {"status_callback", text_or_null(what.status_callback)},
            {"status_callback_method", what.callback_by_post ? "POST" : "GET"},
            {"url", url},
            {"links", json::object{{"participants", url + "/Participants"},
                                   {"recordings", url + "/Recordings"},
                                   {"recording_rules", url + "/RecordingRules"}}}};
}

json::object to_json(const participant& who, const room& in, const rest_call& call, const world& state) {
    return {{"sid", who.sid},
            {"room_sid", in.sid},
            {"account_sid", state.credentials.sid},
            {"identity", who.identity},
            {"status", who.connected ? "connected" : "disconnected"},
            {"date_created", iso_seconds(who.joined_at)},
            {"date_updated", iso_seconds(who.connected ? who.joined_at : who.left_at)},
            {"start_time", iso_seconds(who.joined_at)},
            {"end_time", time_or_null(who.left_at)},
            {"duration", duration_or_null(who.joined_at, who.left_at)},
            {"url", call.origin + "/v1/Rooms/" + in.sid + "/Participants/" + who.sid},
            {"links", json::object{}}};
}

// The page of `items` (with a sid each) that was asked for, as the v1 APIs wrap it.
template <class Item, class ToJson>
json::object wrap_page(const std::vector<const Item*>& items, const page_request& page, const std::string& key,
                       const rest_call& call, ToJson to_json_item) {
    auto first = items.begin();
    if (!page.after.empty()) {
        const auto last_seen = std::ranges::find(items, page.after, &Item::sid);
        first = last_seen == items.end() ? items.end() : last_seen + 1;
    }
    const auto count = std::min(page.size, static_cast<std::size_t>(items.end() - first));
    json::array list;
    for (auto at = first; at != first + static_cast<std::ptrdiff_t>(count); ++at) {
        list.push_back(to_json_item(**at));
    }
    form filters;
    for (const auto& [name, value] : call.query) {
        if (name != "Page" && name != "PageToken" && name != "PageSize") {
            filters.emplace_back(name, value);
        }
    }
    const auto url_of = [&](long number, const std::string& after) {
        form query = filters;
        query.emplace_back("PageSize", std::to_string(page.size));
        query.emplace_back("Page", std::to_string(number));
        if (!after.empty()) {
            query.emplace_back("PageToken", "PA" + after);
        }
        return call.origin + call.request.path + "?" + encode_form(query);
    };
    const bool more = first + static_cast<std::ptrdiff_t>(count) != items.end();
    json::value next;
    if (more && count > 0) {
        next = url_of(page.number + 1, (*(first + static_cast<std::ptrdiff_t>(count) - 1))->sid);
    }
    return {{key, std::move(list)},
            {"meta", json::object{{"key", key},
                                  {"page", page.number},
                                  {"page_size", page.size},
                                  {"url", url_of(page.number, page.after)},
                                  {"first_page_url", url_of(0, "")},
                                  {"previous_page_url", nullptr},
                                  {"next_page_url", std::move(next)}}}};
}

http::response list_rooms(world& state, const rest_call& call) {
    const auto page = read_page(call.query);
    if (!page) {
        return error_response(page.error());
    }
    room_filter filter;
    const auto status = value_of(call.query, "Status");
    if (!status.empty() && status != "in-progress" && status != "completed" && status != "failed") {
        return error_response({400, 53112, "The Status is invalid"});
    }
    filter.in_progress = status.empty() || status == "in-progress";
    filter.unique_name = value_of(call.query, "UniqueName");
    for (const auto& [name, into] :
         {std::pair{"DateCreatedAfter", &filter.created_from}, std::pair{"DateCreatedBefore", &filter.created_until}}) {
        if (const auto text = value_of(call.query, name); !text.empty()) {
            const auto span = parse_span(text);
            if (!span) {
                return error_response({400, 20001, std::string{name} + " is not a date"});
            }
            *into = span->first;
        }
    }
    const auto found = status == "failed" ? std::vector<const room*>{} : state.rooms.list(filter);
    return json_response(
        200, wrap_page(found, *page, "rooms", call, [&](const room& each) { return to_json(each, call, state); }));
}

http::response answer_room(const api_result<const room*>& found, unsigned status, const rest_call& call,
                           const world& state) {
    return found ? json_response(status, to_json(**found, call, state)) : error_response(found.error());
}

http::response list_participants(world& state, const rest_call& call, const room& in) {
    const auto page = read_page(call.query);
    if (!page) {
        return error_response(page.error());
    }
    const auto status = value_of(call.query, "Status");
    const bool connected = status.empty() ? in.in_progress : status == "connected";
    const auto identity = value_of(call.query, "Identity");
    std::vector<const participant*> found;
    for (const auto& each : in.participants) {
        if (each.connected == connected && (identity.empty() || each.identity == identity)) {
            found.push_back(&each);
        }
    }
    return json_response(200, wrap_page(found, *page, "participants", call,
                                        [&](const participant& each) { return to_json(each, in, call, state); }));
}

http::response answer_participant(world& state, const rest_call& call, const room& in) {
    const auto who = call.path[4];
    if (call.request.method == http::method::post) {
        if (value_of(call.fields, "Status") != "disconnected") {
            return error_response({400, 20001, "The Status is invalid"});
        }
        const std::string sid = in.sid;
        const auto gone = state.rooms.leave(sid, who, call.now);
        return gone ? json_response(200, to_json(*gone, **state.rooms.fetch(sid), call, state))
                    : error_response(gone.error());
    }
    // The last one of that identity: the first ones may have been put out by it.
    for (auto at = in.participants.rbegin(); at != in.participants.rend(); ++at) {
        if (at->sid == who || at->identity == who) {
            return json_response(200, to_json(*at, in, call, state));
        }
    }
    return error_response({404, 20404, "The requested resource " + call.request.path + " was not found"});
}

}  // namespace

http::response answer_rooms(world& state, const rest_call& call) {
    const auto method = call.request.method;
    const bool post = method == http::method::post;
    if (!post && method != http::method::get) {
        return error_response({405, 20004, "Method not allowed"});
    }
    if (call.path.size() == 2) {
        return post ? answer_room(state.rooms.create(call.fields, call.now), 201, call, state)
                    : list_rooms(state, call);
    }
    const auto found = state.rooms.fetch(call.path[2]);
    if (!found) {
        return error_response(found.error());
    }
    if (call.path.size() == 3) {
        if (!post) {
            return answer_room(found, 200, call, state);
        }
        if (value_of(call.fields, "Status") != "completed") {
            return error_response({400, 53112, "The Status is invalid"});
        }
        return answer_room(state.rooms.complete(call.path[2], call.now), 202, call, state);
    }
    if (call.path[3] == "Participants" && call.path.size() == 4 && !post) {
        return list_participants(state, call, **found);
    }
    if (call.path[3] == "Participants" && call.path.size() == 5) {
        return answer_participant(state, call, **found);
    }
    return error_response({404, 20404, "The requested resource " + call.request.path + " was not found"});
}

}  // namespace punctual::sandbox
