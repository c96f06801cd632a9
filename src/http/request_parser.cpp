#include "http/request_parser.hpp"

#include "http/request_target.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>
#include <string>

namespace punctual::http {
namespace {

namespace beast = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t smallest_last_chunk = 5;
constexpr unsigned bad_request = 400;
constexpr unsigned content_too_large = 413;
constexpr unsigned expectation_failed = 417;
constexpr unsigned fields_too_large = 431;
constexpr unsigned not_implemented = 501;
constexpr unsigned version_not_supported = 505;

method method_of(beast::verb verb) noexcept {
    switch (verb) {
        case beast::verb::get:
            return method::get;
        case beast::verb::head:
            return method::head;
        case beast::verb::post:
            return method::post;
        case beast::verb::put:
            return method::put;
        case beast::verb::patch:
            return method::patch;
        case beast::verb::delete_:
            return method::delete_;
        case beast::verb::options:
            return method::options;
        default:
            return method::other;
    }
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (auto& c : out) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

std::string_view trim(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// host and port as RFC 3986 §3.2.2 spells them; empty is allowed (RFC 9112 §3.2).
bool is_host(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{".-_~:[]%"}.contains(c);
    });
}

// Where the header ends, looked for line by line as the bytes come.
class head_scan {
public:
    enum class found : std::uint8_t { nothing, end, malformed };

    found look(std::string_view bytes) noexcept {
        while (true) {
            // At its first byte, which may come later than the line end before it.
            if (line_ > 0 && line_ < bytes.size() && (bytes[line_] == ' ' || bytes[line_] == '\t')) {
                return found::malformed;  // obsolete line folding (RFC 9112 §5.2)
            }
            const auto feed = bytes.find('\n', line_);
            if (feed == std::string_view::npos) {
                return found::nothing;
            }
            if (feed == 0 || bytes[feed - 1] != '\r') {
                return found::malformed;  // a bare LF: who ends lines there sees another message
            }
            const bool empty = feed == line_ + 1;
            line_ = feed + 1;
            if (empty) {
                return found::end;
            }
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return line_; }
    void reset() noexcept { line_ = 0; }

private:
    std::size_t line_ = 0;  // where the line being looked at begins
};

// Beast would wait for a whole line before it looks at a chunk's size; a bare LF or a size like "0x5"
// would leave the client hanging until its time is up.
bool may_become_chunk_header(std::string_view rest, bool after_chunk) noexcept {
    if (after_chunk) {
        if (rest.starts_with("\r\n")) {
            rest.remove_prefix(2);
        } else {
            return rest.empty() || rest == "\r";
        }
    }
    const auto end = rest.find_first_not_of("0123456789abcdefABCDEF");
    if (end == std::string_view::npos) {
        return rest.size() <= 16;
    }
    if (end == 0 || !std::string_view{"\r; \t"}.contains(rest[end])) {
        return false;
    }
    for (auto at = rest.find('\n'); at != std::string_view::npos; at = rest.find('\n', at + 1)) {
        if (rest[at - 1] != '\r') {
            return false;
        }
    }
    return true;
}

// Fills a request; the checks that Beast leaves out happen when the header is whole.
class strict_parser final : public beast::basic_parser<true> {
public:
    strict_parser(request& into, const parser_limits& limits) : into_{into} {
        header_limit(static_cast<std::uint32_t>(limits.header));
        body_limit(limits.body);
        eager(true);
        into_.method = method::get;
        into_.headers.clear();
        into_.body.clear();
    }

    [[nodiscard]] unsigned refused() const noexcept { return refused_; }
    [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
    [[nodiscard]] bool in_chunk_header() const noexcept { return chunked() && chunk_left_ == 0; }
    [[nodiscard]] bool after_chunk() const noexcept { return seen_chunk_; }
    [[nodiscard]] bool is_http_1_0() const noexcept { return http_1_0_; }

private:
    void refuse(unsigned status, error_code& ec) {
        refused_ = status;
        ec = beast::error::bad_value;
    }

    void on_request_impl(beast::verb verb, boost::core::string_view, boost::core::string_view target, int version,
                         error_code& ec) override {
        http_1_0_ = version < 11;
        into_.method = method_of(verb);
        if (into_.method == method::other) {
            return refuse(not_implemented, ec);
        }
        auto parsed = http::parse_target(target);
        if (!parsed || (parsed->path == "*" && into_.method != method::options)) {
            return refuse(bad_request, ec);
        }
        into_.path = std::move(parsed->path);
        into_.query = std::move(parsed->query);
        into_.target = std::move(parsed->target);
    }

    void on_response_impl(int, boost::core::string_view, int, error_code&) override {}

    void on_field_impl(beast::field field, boost::core::string_view name, boost::core::string_view value,
                       error_code& ec) override {
        if (header_done_) {
            return;  // a trailer may not change what was decided by the header (RFC 9110 §6.5.1)
        }
        switch (field) {
            case beast::field::host:
                if (++hosts_ > 1 || !is_host(value)) {
                    return refuse(bad_request, ec);
                }
                break;
            case beast::field::content_length:
                if (++lengths_ > 1 || !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
                    return refuse(bad_request, ec);
                }
                break;
            case beast::field::transfer_encoding:
                if (const auto coding = lower(trim(value)); ++codings_ > 1 || http_1_0_) {
                    return refuse(bad_request, ec);
                } else if (coding != "chunked") {
                    const auto last = trim(std::string_view{coding}.substr(coding.rfind(',') + 1));
                    return refuse(last == "chunked" ? not_implemented : bad_request, ec);
                }
                break;
            case beast::field::expect:
                if (lower(trim(value)) != "100-continue") {
                    return refuse(expectation_failed, ec);
                }
                expects_continue_ = !http_1_0_;
                break;
            default:
                break;
        }
        into_.headers.emplace_back(lower(name), std::string{value});
    }

    void on_header_impl(error_code& ec) override {
        header_done_ = true;
        if (hosts_ == 0 && !http_1_0_) {
            refuse(bad_request, ec);
        }
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length) {
            into_.body.reserve(static_cast<std::size_t>(*length));
        }
    }
    std::size_t on_body_impl(boost::core::string_view bytes, error_code&) override {
        into_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t size, boost::core::string_view, error_code&) override {
        chunk_left_ = size;
        seen_chunk_ = true;
    }
    std::size_t on_chunk_body_impl(std::uint64_t left, boost::core::string_view bytes, error_code&) override {
        into_.body.append(bytes.data(), bytes.size());
        chunk_left_ = left - bytes.size();
        return bytes.size();
    }
    void on_finish_impl(error_code&) override {}

    request& into_;
    unsigned refused_ = 0;
    int hosts_ = 0;
    int lengths_ = 0;
    int codings_ = 0;
    std::uint64_t chunk_left_ = 0;
    bool seen_chunk_ = false;
    bool http_1_0_ = false;
    bool header_done_ = false;
    bool expects_continue_ = false;
};

}  // namespace

class request_parser::implementation {
public:
    implementation(request& into, parser_limits limits) : into_{into}, limits_{limits} { reset(); }

    void reset() {
        scan_.reset();
        empty_line_ = false;
        parser_.emplace(into_, limits_);
        failure_ = 0;
        wire_ = 0;
    }

    progress feed(std::string_view bytes) {
        std::size_t consumed = 0;
        if (!parser_->is_header_done()) {
            // One empty line before a request is what old clients send after a body (RFC 9112 §2.2).
            if (scan_.size() == 0 && !empty_line_ && bytes.starts_with("\r\n")) {
                empty_line_ = true;
                bytes.remove_prefix(2);
                consumed = 2;
            }
            if (bytes.empty() || (!empty_line_ && bytes == "\r")) {
                return {state::need_more, consumed};
            }
            const auto head = find_head(bytes);
            if (failure_ != 0 || head == 0) {
                return {failure_ != 0 ? state::failed : state::need_more, consumed};
            }
            const auto took = put(bytes.substr(0, head));
            if (failure_ == 0 && !parser_->is_header_done()) {
                // Beast waits for more of a line that has ended ("GET /: x").
                failure_ = bad_request;
            }
            consumed += took;
            bytes.remove_prefix(took);
            if (failure_ != 0 || parser_->is_done()) {
                return {failure_ != 0 ? state::failed : state::complete, consumed};
            }
        }
        // Beast 1.81 asserts that a last chunk it has seen the half of has five bytes ("0\r\n\r\n").
        const bool too_few = parser_->in_chunk_header() && bytes.starts_with('0') && bytes.size() < smallest_last_chunk;
        const auto took = too_few ? std::size_t{0} : put(bytes);
        consumed += took;
        wire_ += took;
        check_body(bytes.substr(took));
        if (failure_ != 0) {
            return {state::failed, consumed};
        }
        return {parser_->is_done() ? state::complete : state::need_more, consumed};
    }

    [[nodiscard]] unsigned failure() const noexcept { return failure_; }
    [[nodiscard]] const strict_parser& parser() const noexcept { return *parser_; }

private:
    // The size of the whole header, 0 when it is not there yet.
    std::size_t find_head(std::string_view bytes) {
        if (bytes.front() <= ' ' || bytes.front() >= 0x7f) {
            failure_ = bad_request;  // a TLS hello, most often
            return 0;
        }
        const auto found = scan_.look(bytes.substr(0, limits_.header));
        if (found == head_scan::found::malformed) {
            failure_ = bad_request;
        } else if (found == head_scan::found::nothing && bytes.size() >= limits_.header) {
            failure_ = fields_too_large;
        }
        return found == head_scan::found::end ? scan_.size() : 0;
    }

    std::size_t put(std::string_view bytes) {
        if (bytes.empty()) {
            return 0;
        }
        error_code ec;
        const auto took = parser_->put({bytes.data(), bytes.size()}, ec);
        if (!ec || ec == beast::error::need_more) {
            return took;
        }
        if (parser_->refused() != 0) {
            failure_ = parser_->refused();
        } else if (ec == beast::error::body_limit) {
            failure_ = content_too_large;
        } else if (ec == beast::error::header_limit) {
            failure_ = fields_too_large;
        } else if (ec == beast::error::bad_version && names_a_version(bytes)) {
            failure_ = version_not_supported;
        } else {
            failure_ = bad_request;
        }
        return took;
    }

    // "HTTP/2.0" is another version, "HTTQ/1.1" is nothing.
    static bool names_a_version(std::string_view bytes) noexcept {
        const auto line = bytes.substr(0, bytes.find("\r\n"));
        const auto word = line.substr(line.rfind(' ') + 1);
        return word.size() == 8 && word.starts_with("HTTP/") && std::isdigit(static_cast<unsigned char>(word[5])) &&
               word[6] == '.' && std::isdigit(static_cast<unsigned char>(word[7]));
    }

    void check_body(std::string_view rest) {
        if (failure_ != 0 || parser_->is_done() || !parser_->chunked()) {
            return;
        }
        // Chunks of one byte with long extensions, or an endless trailer, are not worth waiting for.
        if (wire_ > 2 * limits_.body + limits_.header || rest.size() >= limits_.header) {
            failure_ = content_too_large;
        } else if (parser_->in_chunk_header() && !may_become_chunk_header(rest, parser_->after_chunk())) {
            failure_ = bad_request;
        }
    }

    request& into_;
    parser_limits limits_;
    head_scan scan_;
    std::optional<strict_parser> parser_;
    unsigned failure_ = 0;
    bool empty_line_ = false;  // before the request line
    std::size_t wire_ = 0;     // bytes of a body with its chunk headers
};

request_parser::request_parser(request& into, parser_limits limits)
    : own_{std::make_unique<implementation>(into, limits)} {}
request_parser::~request_parser() = default;

request_parser::progress request_parser::feed(std::span<const char> bytes) {
    return own_->feed({bytes.data(), bytes.size()});
}
unsigned request_parser::failure() const noexcept {
    return own_->failure();
}
bool request_parser::wants_continue() const noexcept {
    return own_->parser().is_header_done() && !own_->parser().is_done() && own_->parser().expects_continue();
}
bool request_parser::keep_alive() const noexcept {
    return own_->parser().keep_alive();
}
bool request_parser::is_http_1_0() const noexcept {
    return own_->parser().is_http_1_0();
}
void request_parser::reset() {
    own_->reset();
}

}  // namespace punctual::http
