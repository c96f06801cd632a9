#include "http/response_writer.hpp"

#include "http/problem.hpp"

#include <array>
#include <charconv>

namespace punctual::http {
namespace {

void append_number(std::string& out, std::size_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (name.find_first_of("\r\n:") != std::string_view::npos ||
        value.find_first_of("\r\n") != std::string_view::npos) {
        return;
    }
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

}  // namespace

std::string_view date_cache::at(std::time_t now) {
    if (now != made_for_) {
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        std::array<char, 40> text{};
        // No setlocale() in the daemon: day and month come out in English.
        const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        text_.assign(text.data(), size);
        made_for_ = now;
    }
    return text_;
}

void append_response(std::string& out, const response& what, connection_terms terms, std::string_view date) {
    out += "HTTP/1.1 ";
    append_number(out, what.status);
    out += ' ';
    out += status_title(what.status);
    out += "\r\n";
    append_field(out, "Date", date);
    const bool bodiless = what.status < 200 || what.status == 204 || what.status == 304;
    if (!bodiless) {
        if (!what.content_type.empty()) {
            append_field(out, "Content-Type", what.content_type);
        }
        out += "Content-Length: ";
        append_number(out, what.kept_body.empty() ? what.body.size() : what.kept_body.size());
        out += "\r\n";
    }
    for (const auto& [name, value] : what.headers) {
        append_field(out, name, value);
    }
    if (terms.close) {
        out += "Connection: close\r\n";
    } else if (terms.keep_alive) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
    if (!bodiless && !terms.head && what.kept_body.empty()) {
        out += what.body;
    }
}

}  // namespace punctual::http
