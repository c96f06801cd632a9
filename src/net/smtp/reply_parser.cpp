#include "net/smtp/reply_parser.hpp"

namespace punctual::net::smtp {
namespace {

// Three digits at the front, or 0.
int leading_code(std::string_view line) noexcept {
    if (line.size() < 3) {
        return 0;
    }
    int code = 0;
    for (const char c : line.substr(0, 3)) {
        if (c < '0' || c > '9') {
            return 0;
        }
        code = code * 10 + (c - '0');
    }
    return code;
}

}  // namespace

reply_parser::status reply_parser::consume(std::string_view& input) {
    if (done_) {
        reset();
    }
    while (!input.empty()) {
        const auto end = input.find('\n');
        const auto part = input.substr(0, end == std::string_view::npos ? end : end + 1);
        total_ += part.size();
        if (line_.size() + part.size() > limits_.line || total_ > limits_.total) {
            return status::malformed;
        }
        line_.append(part);
        input.remove_prefix(part.size());
        if (end == std::string_view::npos) {
            break;
        }
        if (const auto now = end_line(); now != status::need_more) {
            return now;
        }
    }
    return status::need_more;
}

reply_parser::status reply_parser::end_line() {
    std::string_view line{line_};
    line.remove_suffix(1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    using namespace std::string_view_literals;
    if (line.find_first_of("\r\0"sv) != std::string_view::npos) {
        return status::malformed;
    }
    const int code = leading_code(line);
    if (code < 200 || code > 599) {
        return status::malformed;
    }
    const char separator = line.size() > 3 ? line[3] : ' ';
    if ((separator != ' ' && separator != '-') || (lines_ > 0 && code != reply_.code) || ++lines_ > limits_.lines) {
        return status::malformed;
    }
    reply_.code = code;
    if (lines_ > 1) {
        reply_.text += '\n';
    }
    if (line.size() > 4) {
        reply_.text += line.substr(4);
    }
    line_.clear();
    done_ = separator == ' ';
    return done_ ? status::complete : status::need_more;
}

void reply_parser::reset() {
    line_.clear();
    reply_.code = 0;
    reply_.text.clear();
    lines_ = 0;
    total_ = 0;
    done_ = false;
}

}  // namespace punctual::net::smtp
