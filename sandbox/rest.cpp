#include "sandbox/rest.hpp"

#include "sandbox/crypto.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace punctual::sandbox {
namespace {

namespace json = boost::json;

bool is_key(std::string_view user, std::string_view password, const world& state) {
    return user == state.credentials.api_key && password == state.credentials.api_secret;
}

bool is_account(std::string_view user, std::string_view password, const world& state) {
    return user == state.credentials.sid && password == state.credentials.auth_token;
}

enum class caller : std::uint8_t { nobody, key, main };

caller authenticate(const world& state, const http::request& what) {
    auto header = what.header("authorization");
    if (!header.starts_with("Basic ") && !header.starts_with("basic ")) {
        return caller::nobody;
    }
    const auto decoded = base64_decode(header.substr(6)).value_or("");
    const auto colon = decoded.find(':');
    if (colon == std::string::npos) {
        return caller::nobody;
    }
    const auto all = std::string_view{decoded};
    const auto user = all.substr(0, colon);
    const auto password = all.substr(colon + 1);
    return is_account(user, password, state) ? caller::main
           : is_key(user, password, state)   ? caller::key
                                             : caller::nobody;
}

api_error not_found(const http::request& what) {
    return {404, 20404, "The requested resource " + what.path + " was not found"};
}

api_error unauthorized() {
    return {401, 20003, "Authenticate"};
}

http::response route(world& state, const http::request& what, wall_time now) {
    const auto who = authenticate(state, what);
    if (who == caller::nobody) {
        auto refused = error_response(unauthorized());
        refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Twilio API\"");
        return refused;
    }
    const auto call = read_call(what, now);
    const auto& path = call.path;
    if (path.size() >= 2 && path[0] == "v1" && path[1] == "Rooms") {
        return answer_rooms(state, call);
    }
    if (path.size() >= 3 && path[0] == "2010-04-01" && path[1] == "Accounts") {
        const auto& of = state.credentials.sid;
        if (path.size() == 3 && path[2] == of + ".json") {
            // Standard keys cannot read accounts.
            return who == caller::key ? error_response(unauthorized())
                                      : json_response(200, json::object{{"sid", of},
                                                                        {"status", "active"},
                                                                        {"type", "Full"},
                                                                        {"friendly_name", "punctual-sandbox"}});
        }
        if (path[2] != of) {
            return error_response(unauthorized());
        }
        if (path.size() >= 4 && (path[3] == "Messages.json" || path[3] == "Messages")) {
            return answer_messages(state, call);
        }
    }
    return error_response(not_found(what));
}

}  // namespace

std::string_view method_name(http::method method) noexcept {
    switch (method) {
        case http::method::get:
            return "GET";
        case http::method::head:
            return "HEAD";
        case http::method::post:
            return "POST";
        case http::method::put:
            return "PUT";
        case http::method::patch:
            return "PATCH";
        case http::method::delete_:
            return "DELETE";
        case http::method::options:
            return "OPTIONS";
        case http::method::other:
            break;
    }
    return "";
}

std::string_view twilio_target(const http::request& what) noexcept {
    const std::string_view path = what.path;
    if (path.starts_with("/v1/")) {
        return "rooms";
    }
    return path.starts_with("/2010-04-01/") ? "messages" : "";
}

rest_call read_call(const http::request& what, wall_time now) {
    rest_call call{what, {}, parse_form(what.query), {}, {}, now};
    std::string_view rest = what.path;
    while (!rest.empty()) {
        const auto slash = rest.find('/');
        if (const auto part = rest.substr(0, slash); !part.empty()) {
            call.path.push_back(part);
        }
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    }
    if (what.header("content-type").starts_with("application/x-www-form-urlencoded")) {
        call.fields = parse_form(what.body);
    }
    // The TLS front says which scheme the client spoke (tls_front.hpp).
    const auto scheme = what.header("x-forwarded-proto") == "https" ? "https://" : "http://";
    call.origin = scheme + std::string{what.header("host")};
    return call;
}

http::response json_response(unsigned status, const json::value& body) {
    http::response made;
    made.status = status;
    made.body = json::serialize(body);
    return made;
}

http::response error_response(const api_error& why) {
    return json_response(why.status,
                         json::object{{"code", why.code},
                                      {"message", why.message},
                                      {"more_info", "https://www.twilio.com/docs/errors/" + std::to_string(why.code)},
                                      {"status", why.status}});
}

api_result<page_request> read_page(const form& query) {
    page_request page;
    if (const auto size = value_of(query, "PageSize"); !size.empty()) {
        const auto number = parse_number(size);
        if (!number || *number < 1) {
            return refuse(20001, "PageSize must be from 1 to 1000");
        }
        page.size = static_cast<std::size_t>(std::min(*number, 1000L));
    }
    page.number = parse_number(value_of(query, "Page")).value_or(0);
    const auto token = value_of(query, "PageToken");
    if (!token.empty()) {
        if (!token.starts_with("PA") || token.size() != 36) {
            return refuse(20006, "The PageToken is invalid");
        }
        page.after = token.substr(2);
    }
    return page;
}

http::response answer_twilio(world& state, const http::request& what, wall_time now) {
    state.advance(now);
    auto answer = route(state, what, now);
    answer.headers.emplace_back("Twilio-Request-Id", state.request_ids.make("RQ"));
    return answer;
}

}  // namespace punctual::sandbox
