// /2010-04-01/Accounts/{AC}/Messages.json and Messages/{SM}.json
// (https://www.twilio.com/docs/messaging/api/message-resource).

#include "sandbox/message_request.hpp"
#include "sandbox/rest.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace punctual::sandbox {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value{} : json::value(text);
}

json::object to_json(const text_message& what, const world& state) {
    const auto uri = "/2010-04-01/Accounts/" + state.credentials.sid + "/Messages/" + what.sid;
    return {{"sid", what.sid},
            {"account_sid", state.credentials.sid},
            {"messaging_service_sid", text_or_null(what.messaging_service_sid)},
            {"to", what.to},
            {"from", text_or_null(what.from)},
            {"body", what.body},
            {"status", what.status},
            {"direction", what.inbound ? "inbound" : "outbound-api"},
            // Strings, as Twilio has them.
            {"num_segments", std::to_string(sms_segments(what.body))},
            {"num_media", "0"},
            {"error_code", what.error_code == 0 ? json::value{} : json::value(what.error_code)},
            {"error_message", nullptr},
            {"price", nullptr},
            {"price_unit", "USD"},
            {"api_version", "2010-04-01"},
            {"date_created", rfc2822(what.created_at)},
            {"date_updated", rfc2822(what.updated_at)},
            {"date_sent", what.sent_at ? json::value(rfc2822(*what.sent_at)) : json::value{}},
            {"uri", uri + ".json"},
            {"subresource_uris", json::object{{"media", uri + "/Media.json"}}}};
}

api_result<message_filter> read_filter(const form& query) {
    message_filter filter;
    filter.to = value_of(query, "To");
    filter.from = value_of(query, "From");
    // The < and > belong to the parameter's name; both include the day itself.
    for (const std::string_view name : {"DateSent", "DateSent>", "DateSent<"}) {
        const auto text = value_of(query, name);
        if (text.empty()) {
            continue;
        }
        const auto span = parse_span(text);
        if (!span) {
            return refuse(20001, std::string{name} + " is not a date");
        }
        if (name != "DateSent<") {
            filter.sent_from = span->first;
        }
        if (name != "DateSent>") {
            filter.sent_until = span->second;
        }
    }
    return filter;
}

http::response list_messages(world& state, const rest_call& call) {
    const auto page = read_page(call.query);
    auto filter = read_filter(call.query);
    if (!page || !filter) {
        return error_response(!page ? page.error() : filter.error());
    }
    filter->after = page->after;
    const auto found = state.messages.list(*filter, page->size + 1);
    const auto count = std::min(found.size(), page->size);
    json::array list;
    for (std::size_t i = 0; i < count; ++i) {
        list.push_back(to_json(*found[i], state));
    }
    form filters;
    for (const auto& [name, value] : call.query) {
        if (name != "Page" && name != "PageToken" && name != "PageSize") {
            filters.emplace_back(name, value);
        }
    }
    const auto uri_of = [&](long number, const std::string& after) {
        form query = filters;
        query.emplace_back("PageSize", std::to_string(page->size));
        query.emplace_back("Page", std::to_string(number));
        if (!after.empty()) {
            query.emplace_back("PageToken", "PA" + after);
        }
        return call.request.path + "?" + encode_form(query);
    };
    json::value next;
    if (found.size() > count) {
        next = uri_of(page->number + 1, found[count - 1]->sid);
    }
    const auto start = static_cast<std::size_t>(page->number) * page->size;
    return json_response(200, json::object{{"messages", std::move(list)},
                                           {"page", page->number},
                                           {"page_size", page->size},
                                           {"start", start},
                                           {"end", start + (count == 0 ? 0 : count - 1)},
                                           {"uri", uri_of(page->number, page->after)},
                                           {"first_page_uri", uri_of(0, "")},
                                           {"previous_page_uri", nullptr},
                                           {"next_page_uri", std::move(next)}});
}

http::response answer_one(world& state, const rest_call& call, std::string_view sid) {
    switch (call.request.method) {
        case http::method::get: {
            const auto found = state.messages.fetch(sid);
            return found ? json_response(200, to_json(**found, state)) : error_response(found.error());
        }
        case http::method::post: {
            const auto* body = find(call.fields, "Body");
            if (body == nullptr || !body->empty()) {
                return error_response({400, 20001, "Only an empty Body can be set"});
            }
            const auto found = state.messages.redact(sid, call.now);
            return found ? json_response(200, to_json(**found, state)) : error_response(found.error());
        }
        case http::method::delete_: {
            const auto removed = state.messages.remove(sid);
            if (!removed) {
                return error_response(removed.error());
            }
            http::response gone;
            gone.status = 204;
            return gone;
        }
        default:
            return error_response({405, 20004, "Method not allowed"});
    }
}

}  // namespace

http::response answer_messages(world& state, const rest_call& call) {
    if (call.path.size() == 4 && call.path[3] == "Messages.json") {
        if (call.request.method == http::method::get) {
            return list_messages(state, call);
        }
        if (call.request.method != http::method::post) {
            return error_response({405, 20004, "Method not allowed"});
        }
        const auto sent = state.messages.send(call.fields, call.now);
        return sent ? json_response(201, to_json(**sent, state)) : error_response(sent.error());
    }
    if (call.path.size() == 5 && call.path[4].ends_with(".json")) {
        auto sid = call.path[4];
        sid.remove_suffix(5);
        return answer_one(state, call, sid);
    }
    // Without .json the 2010 API answers XML; nobody here reads that.
    return error_response({404, 20404, "The requested resource " + call.request.path + " was not found"});
}

}  // namespace punctual::sandbox
