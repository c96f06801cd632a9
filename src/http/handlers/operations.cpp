// What watches the daemon asks for: alive, ready, figures, and the description of the API.

#include "embedded/openapi.hpp"
#include "http/handlers/answers.hpp"
#include "http/handlers/handlers.hpp"
#include "http/json_writer.hpp"

namespace punctual::http {

net::task<response> answer_healthz(const handler_context&, const call&) {
    // That it is answered says that the loop turns; nothing else is looked at.
    co_return ok(R"({"status":"ok"})");
}

net::task<response> answer_readyz(const handler_context& context, const call&) {
    const auto verdict = jobs::judge(context.parts.health.look());
    std::string text;
    json_writer lists{text};
    lists.begin_array("reasons");
    std::string all;
    for (const auto& reason : verdict.reasons) {
        lists.value(reason);
        all += (all.empty() ? "" : ", ") + reason;
    }
    lists.end_array().begin_array("notes");
    for (const auto& note : verdict.notes) {
        lists.value(note);
    }
    lists.end_array();
    if (verdict.ready) {
        co_return ok("{\"status\":\"ready\"," + text + "}");
    }
    co_return to_response(
        {.status = 503, .code = "not_ready", .error = "Not ready", .detail = "Not ready: " + all, .extra = "," + text});
}

net::task<response> answer_metrics(const handler_context& context, const call&) {
    response out;
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    out.body = context.parts.metrics.text();
    co_return out;
}

net::task<response> answer_openapi(const handler_context&, const call&) {
    co_return ok(std::string{embedded::openapi().front().text});
}

}  // namespace punctual::http
