#pragma once
// A request and a response as handlers see them; no Beast here.

#include "net/async/task.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::http {

enum class method : std::uint8_t { get, head, post, put, patch, delete_, options, other };

struct request {
    http::method method = method::get;
    std::string path;    // percent-decoded, without a trailing slash (but "/" itself)
    std::string target;  // as it came, query included; of an absolute-form the part after the authority
    std::string query;   // as it came, without '?'
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;

    // The value of a header given in lower case; empty when absent.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
        for (const auto& [key, value] : headers) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }
};

struct response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;  // beside Content-Type, Content-Length, Date
    std::string body;
    // In place of the body: bytes that are not copied and live until the server is gone. A slow reader of a
    // large file then costs no memory.
    std::string_view kept_body = {};
    bool close = false;    // after this answer
    bool abandon = false;  // close without any answer: how a stand-in plays a server that breaks
};

// One per server: the router of the daemon, the sandbox's, a test's. It must not throw on bad input;
// what it throws becomes a 500 and a log line.
class request_handler {
public:
    virtual ~request_handler() = default;
    [[nodiscard]] virtual net::task<response> handle(const request& what) = 0;
};

}  // namespace punctual::http
