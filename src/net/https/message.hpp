#pragma once
// One HTTP/1.1 request and its answer, as the clients of providers see them.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::net::https {

enum class method : std::uint8_t { get, post };

using header_list = std::vector<std::pair<std::string, std::string>>;

struct request {
    https::method method = method::get;
    std::string target = "/";  // path and query, percent-encoded
    header_list headers;       // beside Host, Content-Length, Connection
    std::string body;
    // Asked right before the first byte, after any wait for a connection; "no" gives https_errc::held.
    std::function<bool()> may_go = nullptr;
};

struct response {
    unsigned status = 0;
    header_list headers;  // names in lower case, in their order
    std::string body;

    // The first value of a header given in lower case; empty when absent.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
        for (const auto& [key, value] : headers) {
            if (key == name) {
                return value;
            }
        }
        return {};
    }
};

}  // namespace punctual::net::https
