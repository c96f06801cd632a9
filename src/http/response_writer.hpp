#pragma once
// An answer as bytes (RFC 9112 §4), appended to a buffer that the connection keeps.

#include "http/message.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace punctual::http {

// The Date field's value (RFC 9110 §5.6.7), made once a second.
class date_cache {
public:
    [[nodiscard]] std::string_view at(std::time_t now);

private:
    std::time_t made_for_ = -1;
    std::string text_;
};

struct connection_terms {
    bool head = false;        // a HEAD request: the header alone
    bool close = false;       // say "Connection: close"
    bool keep_alive = false;  // an HTTP/1.0 client that asked for it: say so
};

// A header value with a line break in it is left out: it would be two headers. A kept_body is counted in
// Content-Length and not appended: the caller sends it after `out`.
void append_response(std::string& out, const response& what, connection_terms terms, std::string_view date);

}  // namespace punctual::http
