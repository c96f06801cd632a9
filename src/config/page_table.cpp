#include "config/page_table.hpp"

#include "config/values.hpp"
#include "net/async/loopback.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::config {
namespace {

constexpr std::size_t most_hosts = 16;
constexpr std::size_t longest_key = 64;

// A host source of a Content-Security-Policy: scheme://host[:port], the host perhaps with "*." before it. A
// blank or a semicolon would write another policy.
bool is_host_source(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos || (text.substr(0, scheme) != "wss" && text.substr(0, scheme) != "https")) {
        return false;
    }
    auto host = text.substr(scheme + 3);
    if (const auto colon = host.rfind(':'); colon != std::string_view::npos) {
        if (!parse_port(host.substr(colon + 1))) {
            return false;
        }
        host = host.substr(0, colon);
    }
    if (host.starts_with("*.")) {
        host.remove_prefix(2);
    }
    return is_host(host);
}

void read_hosts(table_reader& in, const node& at, const std::string& key, std::vector<std::string>& into) {
    constexpr std::string_view expected = R"(an array of hosts such as "wss://*.vss.twilio.com")";
    const auto* array = std::get_if<node::array>(&at.value);
    if (array == nullptr || array->size() > most_hosts) {
        return in.complain(at, key, expected);
    }
    std::vector<std::string> hosts;
    for (const auto& one : *array) {
        const auto* text = std::get_if<std::string>(&one.value);
        if (text == nullptr || !is_host_source(*text)) {
            return in.complain(one, key, expected);
        }
        hosts.push_back(*text);
    }
    into = std::move(hosts);
}

bool is_storage_key(std::string_view text) {
    return !text.empty() && text.size() <= longest_key && is_plain_text(text);
}

// ws://127.0.0.1:4000/signaling: a person's video must not be sent anywhere else by a key meant for tests.
bool is_loopback_socket(std::string_view url) {
    constexpr std::string_view scheme = "ws://";
    if (!url.starts_with(scheme)) {
        return false;
    }
    const auto rest = url.substr(scheme.size());
    // Not host_of(): Boost.URL 1.81 takes 127.0.0.1.example.org for the address that it begins with.
    const auto end = rest.starts_with('[') ? rest.find(']') + 1 : rest.find_first_of(":/");
    return parse_base_url("http://" + std::string{rest}) && net::is_loopback_host(rest.substr(0, end));
}

}  // namespace

void read_session_page(table_reader& in, const node& from, settings& into) {
    auto& page = into.page;
    const auto text = [&](std::string& value, bool (*right)(std::string_view), std::string_view expected) {
        return [&in, &value, right, expected](const node& at, const std::string& key) {
            const auto* found = std::get_if<std::string>(&at.value);
            if (found != nullptr && right(*found)) {
                value = *found;
            } else {
                in.complain(at, key, expected);
            }
        };
    };
    in.table(from, "session_page",
             {{"folder", [&](const node& at, const std::string& key) { in.text(at, key, page.folder); }},
              {"token_key", text(page.token_key, is_storage_key, "a key of the browser's storage")},
              {"sign_in_url", text(
                                  page.sign_in_url,
                                  [](std::string_view url) { return url.empty() || parse_base_url(url).has_value(); },
                                  "an http or https address")},
              {"connect_hosts",
               [&](const node& at, const std::string& key) { read_hosts(in, at, key, page.connect_hosts); }},
              {"signalling_url",
               text(
                   page.signalling_url, [](std::string_view url) { return url.empty() || is_loopback_socket(url); },
                   "an address ws://… of this machine")}});
}

}  // namespace punctual::config
