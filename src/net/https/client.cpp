#include "net/https/client.hpp"

#include "net/async/fault_point.hpp"
#include "net/https/connection_pool.hpp"
#include "net/https/response_parser.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace punctual::net::https {
namespace {

// The same sentence under the name that tells whether the request can have been seen.
error before_writing(const error& why) {
    if (why.code == stream_errc::cancelled) {
        return {make_error_code(https_errc::cancelled), why.detail};
    }
    if (why.code == stream_errc::tls_refused) {
        return {make_error_code(https_errc::certificate_refused), why.detail};
    }
    return {make_error_code(https_errc::not_connected), why.message()};
}

error after_writing(const error& why) {
    const bool late = why.code == stream_errc::timed_out;
    return {make_error_code(late ? https_errc::timed_out : https_errc::lost), late ? why.detail : why.message()};
}

// One try on one connection.
struct attempt {
    result<response> answer = failure(https_errc::not_connected);
    bool heard = false;     // at least a byte of an answer
    bool reusable = false;  // the connection
};

// What a request makes, for the fault points: …/Messages.json a text, /v1/Rooms a room.
std::string_view subject_of(const request& what) noexcept {
    if (what.method != method::post) {
        return {};
    }
    return what.target.ends_with("/Messages.json") ? "text" : what.target.ends_with("/Rooms") ? "room" : "";
}

task<attempt> exchange(byte_stream& stream, std::string_view subject, std::string bytes, deadline until) {
    attempt made;
    const auto written_before = stream.bytes_written();
    const auto written = co_await stream.write(bytes, until);
    if (!written) {
        const bool unseen = stream.bytes_written() == written_before;
        made.answer = std::unexpected{unseen ? before_writing(written.error()) : after_writing(written.error())};
        co_return made;
    }
    fault_point(subject, "written");
    response_parser parser;
    std::array<char, 8192> block{};
    while (true) {
        const auto got = co_await stream.read_some(block, until);
        if (!got && got.error().code != stream_errc::closed) {
            made.answer = std::unexpected{after_writing(got.error())};
            co_return made;
        }
        if (!got && !made.heard) {
            made.answer = failure(https_errc::lost, "closed without an answer");
            co_return made;
        }
        made.heard = true;
        auto whole = got ? parser.feed({block.data(), *got}) : parser.end();
        if (!whole) {
            made.answer = std::unexpected{std::move(whole.error())};
            co_return made;
        }
        if (*whole) {
            fault_point(subject, "answered");
            made.reusable = got.has_value() && parser.reusable();
            made.answer = parser.take();
            co_return made;
        }
    }
}

class pooled_client final : public client {
public:
    pooled_client(const executor& ex, connector& by, client_options options)
        : connector_{by}, options_{std::move(options)}, pool_{ex, options_.connections, options_.idle_limit} {}

    task<result<response>> send(request what, domain::lease lease, deadline until) override {
        auto bytes = serialise(what, options_.to);
        if (!bytes) {
            co_return std::unexpected{std::move(bytes.error())};
        }
        const auto turn = co_await pool_.take_turn(std::min<deadline>(until, boot_now() + options_.wait_limit));
        if (!turn) {
            const bool late = turn.error().code == stream_errc::timed_out;
            co_return std::unexpected{late ? error{make_error_code(https_errc::no_turn), {}}
                                           : before_writing(turn.error())};
        }
        auto stream = pool_.take_idle();
        const bool kept = stream != nullptr;
        for (int tries = 0;; ++tries) {
            if (!stream) {
                const auto soon = std::min<deadline>(until, boot_now() + options_.connect_timeout);
                auto fresh = co_await connector_.connect(options_.to, soon);
                if (!fresh) {
                    co_return std::unexpected{before_writing(fresh.error())};
                }
                stream = std::move(*fresh);
            }
            fault_point(subject_of(what), "before_write");
            if (!lease.may_begin(boot_now())) {
                pool_.keep(std::move(stream));
                co_return failure(https_errc::lease_lost);
            }
            if (what.may_go && !what.may_go()) {
                pool_.keep(std::move(stream));
                co_return failure(https_errc::held, "its turn came too late");
            }
            auto made = co_await exchange(*stream, subject_of(what), *bytes, until);
            if (made.reusable) {
                pool_.keep(std::move(stream));
            }
            stream.reset();
            if (made.answer || !kept || tries > 0 || !may_repeat(what.method, made)) {
                co_return std::move(made.answer);
            }
        }
    }

    std::size_t capacity() const noexcept override { return options_.connections; }
    void close_idle(bool all) override { pool_.close_idle(all); }

private:
    // A kept connection that died between two uses. A POST only when nothing of it was written; a GET also
    // when the peer had closed before it could see it.
    static bool may_repeat(method which, const attempt& made) {
        const auto& code = made.answer.error().code;
        return code == https_errc::not_connected || (which == method::get && code == https_errc::lost && !made.heard);
    }

    connector& connector_;
    client_options options_;
    connection_pool pool_;
};

bool breaks_frame(std::string_view text, unsigned char least) {
    return std::ranges::any_of(text, [&](unsigned char c) { return c < least || c == 0x7f; });
}

}  // namespace

result<std::string> serialise(const request& what, const endpoint& to) {
    constexpr unsigned char above_space = 0x21;
    if (!what.target.starts_with('/') || breaks_frame(what.target, above_space)) {
        return failure(https_errc::bad_request, "the target holds a space or a control character");
    }
    std::string bytes{what.method == method::post ? "POST " : "GET "};
    bytes += what.target;
    bytes += " HTTP/1.1\r\nHost: ";
    const bool is_v6 = to.host.find(':') != std::string::npos;
    bytes += is_v6 ? "[" + to.host + "]" : to.host;
    if (to.port != (to.security == transport::tls ? 443 : 80)) {
        bytes += ":" + std::to_string(to.port);
    }
    for (const auto& [name, value] : what.headers) {
        if (name.empty() || breaks_frame(name, above_space) || breaks_frame(value, ' ')) {
            return failure(https_errc::bad_request, "a header holds a control character");
        }
        bytes += "\r\n";
        bytes += name;
        bytes += ": ";
        bytes += value;
    }
    if (what.method == method::post) {
        bytes += "\r\nContent-Length: " + std::to_string(what.body.size());
    }
    bytes += "\r\n\r\n";
    bytes += what.body;
    return bytes;
}

std::unique_ptr<client> make_client(const executor& ex, connector& by, client_options options) {
    return std::make_unique<pooled_client>(ex, by, std::move(options));
}

}  // namespace punctual::net::https
