#include "http/problem.hpp"

#include "http/json_writer.hpp"

namespace punctual::http {
namespace {

struct known_status {
    unsigned status;
    std::string_view title;
    std::string_view code;
};

constexpr known_status known[] = {
    {200, "OK", ""},
    {201, "Created", ""},
    {202, "Accepted", ""},
    {204, "No Content", ""},
    {301, "Moved Permanently", ""},
    {302, "Found", ""},
    {303, "See Other", ""},
    {304, "Not Modified", ""},
    {400, "Bad Request", "bad_request"},
    {401, "Unauthorized", "unauthorized"},
    {403, "Forbidden", "forbidden"},
    {404, "Not Found", "not_found"},
    {405, "Method Not Allowed", "method_not_allowed"},
    {408, "Request Timeout", "request_timeout"},
    {409, "Conflict", "conflict"},
    {413, "Content Too Large", "content_too_large"},
    {415, "Unsupported Media Type", "unsupported_media_type"},
    {417, "Expectation Failed", "expectation_failed"},
    {422, "Unprocessable Content", "unprocessable_content"},
    {429, "Too Many Requests", "too_many_requests"},
    {431, "Request Header Fields Too Large", "header_too_large"},
    {500, "Internal Server Error", "internal_error"},
    {501, "Not Implemented", "not_implemented"},
    {502, "Bad Gateway", "bad_gateway"},
    {503, "Service Unavailable", "service_unavailable"},
    {504, "Gateway Timeout", "gateway_timeout"},
    {505, "HTTP Version Not Supported", "version_not_supported"},
};

const known_status* find(unsigned status) noexcept {
    for (const auto& one : known) {
        if (one.status == status) {
            return &one;
        }
    }
    return nullptr;
}

}  // namespace

std::string_view status_title(unsigned status) noexcept {
    const auto* one = find(status);
    return one != nullptr ? one->title : std::string_view{"Unknown"};
}

response to_response(const problem& what) {
    response out;
    out.status = what.status;
    out.content_type = "application/problem+json";
    out.body.reserve(256);
    json_writer json{out.body};
    json.begin_object()
        .field("type", "about:blank")
        .field("title", status_title(what.status))
        .field("status", static_cast<std::int64_t>(what.status))
        .field("detail", what.detail.empty() ? what.error : what.detail)
        .field("code", what.code)
        .field("error", what.error);
    out.body += what.extra;
    json.end_object();
    if (what.retry_after.count() > 0) {
        out.headers.emplace_back("Retry-After", std::to_string(what.retry_after.count()));
    }
    return out;
}

response plain_problem(unsigned status) {
    const auto* one = find(status);
    problem what{.status = status,
                 .code = one != nullptr ? one->code : std::string_view{"error"},
                 .error = std::string{status_title(status)}};
    return to_response(what);
}

}  // namespace punctual::http
