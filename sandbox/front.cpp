#include "sandbox/front.hpp"

#include "sandbox/control.hpp"
#include "sandbox/rest.hpp"

#include "embedded/sandbox_page.hpp"

#include <algorithm>
#include <utility>

namespace punctual::sandbox {
namespace {

wall_time wall_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

http::response abandoned() {
    http::response none;
    none.abandon = true;
    none.close = true;
    return none;
}

http::response ordered_answer(const request_fault& fault) {
    http::response made;
    if (fault.what == request_fault::kind::html) {
        made.status = fault.status;
        made.content_type = "text/html";
        made.body = "<html><body><h1>" + std::to_string(fault.status) + " from a proxy</h1></body></html>";
    } else {
        const int usual = fault.status == 429 ? 20429 : fault.status == 401 ? 20003 : 20500;
        made = error_response({fault.status, fault.code != 0 ? fault.code : usual,
                               fault.status == 429 ? "Too Many Requests" : "Ordered by a test"});
    }
    if (fault.retry_after.count() > 0) {
        made.headers.emplace_back("Retry-After", std::to_string(fault.retry_after.count()));
    }
    return made;
}

}  // namespace

front::front(boost::asio::io_context& context, world& state, std::function<void()> changed, bool secure)
    : context_{context}, state_{state}, changed_{std::move(changed)}, secure_{secure} {}

net::task<http::response> front::handle(const http::request& what) {
    const auto target = twilio_target(what);
    if (!target.empty()) {
        if (auto fault = state_.orders.take_request(target, method_name(what.method))) {
            co_return co_await misbehave(what, std::move(*fault));
        }
    }
    co_return answer(what);
}

http::response front::answer(const http::request& what) {
    const auto now = wall_now();
    http::response made;
    if (!twilio_target(what).empty()) {
        if (secure_) {
            auto marked = what;
            std::erase_if(marked.headers, [](const auto& each) { return each.first == "x-forwarded-proto"; });
            marked.headers.emplace_back("x-forwarded-proto", "https");
            made = answer_twilio(state_, marked, now);
        } else {
            made = answer_twilio(state_, what, now);
        }
    } else if (what.path.starts_with("/sandbox/")) {
        made = answer_control(state_, what, now);
    } else {
        made = answer_page(what);
    }
    changed_();
    return made;
}

net::task<http::response> front::misbehave(const http::request& what, request_fault fault) {
    using kind = request_fault::kind;
    switch (fault.what) {
        case kind::answer_before:
        case kind::html:
            co_return ordered_answer(fault);
        case kind::answer_after: {
            const auto unseen = answer(what);
            co_return ordered_answer(fault);
        }
        case kind::drop_before:
            co_return abandoned();
        case kind::drop_after: {
            const auto unseen = answer(what);
            co_return abandoned();
        }
        case kind::redirect: {
            http::response made;
            made.status = fault.status;
            made.headers.emplace_back("Location", fault.location);
            co_return made;
        }
        case kind::answer_as: {
            const auto unseen = answer(what);
            http::response made;
            made.status = fault.status;
            for (std::size_t i = 0; i < fault.repeat; ++i) {
                made.body += fault.body;
            }
            co_return made;
        }
        case kind::cut: {
            auto made = answer(what);
            made.cut = true;
            co_return made;
        }
        case kind::hang: {
            co_await hold(std::chrono::hours{1});
            co_return abandoned();
        }
        case kind::slow:
            break;
    }
    auto made = answer(what);
    co_await hold(fault.delay);
    co_return made;
}

net::task<> front::hold(std::chrono::milliseconds time) {
    if (stopping_) {
        co_return;
    }
    const auto at = held_.emplace(held_.end(), context_.get_executor());
    at->expires_after(time);
    co_await at->async_wait(net::use_result);
    held_.erase(at);
}

void front::stop() {
    stopping_ = true;
    for (auto& timer : held_) {
        timer.cancel();
    }
}

http::response answer_page(const http::request& what) {
    http::response made;
    const std::string_view name = what.path == "/" ? "index.html" : std::string_view{what.path}.substr(1);
    const auto files = embedded::sandbox_page();
    const auto file = std::ranges::find(files, name, &embedded::file::name);
    if (file == files.end()) {
        made.status = 404;
        made.content_type = "text/plain; charset=utf-8";
        made.body = "Nothing here. The page is at /.\n";
        return made;
    }
    made.content_type = name.ends_with(".html")  ? "text/html; charset=utf-8"
                        : name.ends_with(".css") ? "text/css; charset=utf-8"
                        : name.ends_with(".svg") ? "image/svg+xml"
                                                 : "text/javascript; charset=utf-8";
    made.body = file->text;
    made.headers = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cache-Control", "no-cache"}};
    return made;
}

}  // namespace punctual::sandbox
