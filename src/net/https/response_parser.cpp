#include "net/https/response_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace punctual::net::https {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t smallest_last_chunk = 5;

}  // namespace

struct response_parser::state {
    using parser_type = http::response_parser<http::string_body>;

    state() { restart(); }

    void restart() {
        parser.emplace();
        parser->header_limit(static_cast<std::uint32_t>(most_head_bytes));
        parser->body_limit(most_body_bytes);
        parser->eager(true);
    }
    [[nodiscard]] bool is_interim() const { return parser->get().result_int() < 200; }

    std::optional<parser_type> parser;
    std::string pending;  // not yet consumed
    std::size_t total = 0;
    std::size_t interim = 0;
};

response_parser::response_parser() : state_{std::make_unique<state>()} {}
response_parser::~response_parser() = default;

result<bool> response_parser::feed(std::string_view bytes) {
    auto& s = *state_;
    s.total += bytes.size();
    if (s.total > most_answer_bytes) {
        return failure(https_errc::bad_answer, "the answer is too large");
    }
    s.pending.append(bytes);
    while (true) {
        // Beast 1.81 asserts that a last chunk it has seen the half of has five bytes ("0\r\n\r\n").
        const bool at_first_chunk = s.parser->is_header_done() && s.parser->chunked() && s.parser->get().body().empty();
        if (at_first_chunk && s.pending.starts_with('0') && s.pending.size() < smallest_last_chunk) {
            return false;
        }
        boost::beast::error_code ec;
        const auto used = s.parser->put(boost::asio::buffer(s.pending), ec);
        s.pending.erase(0, used);
        if (ec == http::error::need_more) {
            // A head line or chunk header without end; body bytes are consumed as they come.
            if (s.pending.size() > most_head_bytes) {
                return failure(https_errc::bad_answer, "the head of the answer is too large");
            }
            return false;
        }
        if (ec) {
            return failure(https_errc::bad_answer, "the answer cannot be read: " + ec.message());
        }
        if (!s.parser->is_done()) {
            if (s.pending.empty() || used == 0) {
                return false;
            }
            continue;
        }
        if (!s.is_interim()) {
            return true;
        }
        if (s.parser->get().result_int() == 101 || ++s.interim > most_interim_answers) {
            return failure(https_errc::bad_answer, "the answer does not come to its point (1xx)");
        }
        s.restart();
        if (s.pending.empty()) {
            return false;
        }
    }
}

result<bool> response_parser::end() {
    boost::beast::error_code ec;
    if (state_->parser->got_some()) {
        state_->parser->put_eof(ec);
    }
    if (ec || !state_->parser->is_done() || state_->is_interim()) {
        return failure(https_errc::bad_answer, "the answer was cut off");
    }
    return true;
}

bool response_parser::reusable() const {
    return state_->parser->is_done() && state_->pending.empty() && state_->parser->keep_alive();
}

response response_parser::take() {
    auto message = state_->parser->release();
    response answer;
    answer.status = message.result_int();
    for (const auto& field : message) {
        std::string name{field.name_string()};
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        answer.headers.emplace_back(std::move(name), std::string{field.value()});
    }
    answer.body = std::move(message.body());
    return answer;
}

}  // namespace punctual::net::https
