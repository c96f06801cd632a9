#include "net/postgres/targets.hpp"

#include "net/postgres/database.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace punctual::net::postgres {
namespace {

using pair = std::pair<std::string_view, std::string_view>;

// Idle 5 s + 2 probes 2 s apart; unacknowledged data 8 s.
constexpr std::array<pair, 7> wanted{{{"keepalives", "1"},
                                      {"keepalives_idle", "5"},
                                      {"keepalives_interval", "2"},
                                      {"keepalives_count", "2"},
                                      {"tcp_user_timeout", "8000"},
                                      {"client_encoding", "UTF8"},
                                      {"gssencmode", "disable"}}};

std::string take(libpq::keywords& from, std::string_view name) {
    const auto found = std::ranges::find(from, name, &libpq::keywords::value_type::first);
    if (found == from.end()) {
        return {};
    }
    auto value = std::move(found->second);
    from.erase(found);
    return value;
}

std::string peek(const libpq::keywords& in, std::string_view name) {
    const auto found = std::ranges::find(in, name, &libpq::keywords::value_type::first);
    return found == in.end() ? std::string{} : found->second;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts{{}};
    for (const char letter : list) {
        if (letter == ',') {
            parts.emplace_back();
        } else {
            parts.back() += letter;
        }
    }
    return parts;
}

bool needs_resolving(const std::string& host) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    // '/' and '@' begin the directory of a Unix socket.
    return !host.empty() && host.front() != '/' && host.front() != '@' && no_address.failed();
}

const std::string& at_or_only(const std::vector<std::string>& list, std::size_t index) {
    return list.size() == 1 ? list.front() : list[index];
}

}  // namespace

result<target_list> parse_targets(const std::string& conninfo, std::string_view application_name) {
    auto parsed = libpq::parse(conninfo);
    if (!parsed) {
        return failure(postgres_errc::refused, "the connection string is neither a URI nor keywords of libpq");
    }
    auto& with = *parsed;
    const auto environment = libpq::defaults();
    auto host = take(with, "host");
    auto address = take(with, "hostaddr");
    auto port = take(with, "port");
    // A service file is libpq's to read; it may name the host.
    if (host.empty() && address.empty() && peek(with, "service").empty()) {
        host = peek(environment, "host");
        address = peek(environment, "hostaddr");
    }
    if (port.empty()) {
        port = peek(environment, "port");
    }
    target_list found;
    const auto attributes = peek(with, "target_session_attrs");
    if (attributes.empty() || attributes == "read-write" || attributes == "primary") {
        take(with, "target_session_attrs");
    } else {
        found.must_be_writable = false;
    }
    for (const auto& [name, value] : wanted) {
        if (peek(with, name).empty()) {
            with.emplace_back(name, value);
        }
    }
    // The weakest of the three: the string and PGAPPNAME go before it.
    if (peek(with, "fallback_application_name").empty()) {
        with.emplace_back("fallback_application_name", application_name);
    }
    const auto hosts = split(host);
    const auto addresses = split(address);
    const auto ports = split(port);
    const auto count = std::max(hosts.size(), addresses.size());
    const bool pairs = host.empty() || address.empty() || hosts.size() == addresses.size();
    if (!pairs || (ports.size() != 1 && ports.size() != count)) {
        return failure(postgres_errc::refused, "the connection string has not as many ports or addresses as hosts");
    }
    for (std::size_t i = 0; i < count; ++i) {
        target one{{}, {}, with};
        const auto& name = host.empty() ? host : hosts[i];
        const auto& literal = address.empty() ? address : addresses[i];
        const auto& number = at_or_only(ports, i);
        if (!name.empty()) {
            one.with.emplace_back("host", name);
        }
        if (!literal.empty()) {
            one.with.emplace_back("hostaddr", literal);
        } else if (needs_resolving(name)) {
            one.host = name;
        }
        if (!number.empty()) {
            one.with.emplace_back("port", number);
        }
        one.label = (name.empty() ? literal.empty() ? "local" : literal : name) + ":" + number;
        found.hosts.push_back(std::move(one));
    }
    return found;
}

}  // namespace punctual::net::postgres
