#include "support/postgres_proxy.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace punctual::test {
namespace {

constexpr std::uint32_t ssl_request = 80877103;
constexpr std::uint32_t gss_request = 80877104;

::sockaddr_in loopback(std::uint16_t port) {
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return ntohl(value);
}

void close_with_reset(int socket) {
    const ::linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(socket);
}

// A message from the client, or its first one, which has no type.
struct message {
    char type = 0;
    std::string_view body;
    std::size_t size = 0;  // as a whole; 0: it has not come whole
};

message first_of(const std::string& bytes, bool started) {
    const std::size_t head = started ? 5 : 4;
    if (bytes.size() < head) {
        return {};
    }
    const std::size_t size = number_at(bytes, started ? 1 : 0) + (started ? 1U : 0U);
    if (bytes.size() < size) {
        return {};
    }
    return {.type = started ? bytes[0] : '\0', .body = std::string_view{bytes}.substr(head, size - head), .size = size};
}

class pair {
public:
    pair(int client, int server) : client_{client}, server_{server} {}
    ~pair() { reset(); }
    pair(const pair&) = delete;
    pair& operator=(const pair&) = delete;

    void reset() {
        if (client_ >= 0) {
            close_with_reset(std::exchange(client_, -1));
        }
        if (server_ >= 0) {
            // Not by a reset: what it has been sent is still to be read.
            ::close(std::exchange(server_, -1));
        }
    }
    [[nodiscard]] bool is_open() const { return client_ >= 0; }
    [[nodiscard]] int client() const { return client_; }
    [[nodiscard]] int server() const { return server_; }

    std::string from_client;  // not yet understood
    std::string to_server;
    std::string from_server;
    std::string to_client;
    bool started = false;
    // The text of each prepared statement, and of the last portal.
    std::map<std::string, std::string> prepared;
    std::string bound;
    // What each coming ReadyForQuery ends: whether its answer is to be lost.
    std::deque<bool> rounds;
    bool losing = false;  // a statement of the round that is being asked

private:
    int client_;
    int server_;
};

}  // namespace

struct postgres_proxy::state {
    int door = -1;
    int bell = -1;
    std::uint16_t port = 0;
    std::thread worker;

    mutable std::mutex guard;
    std::uint16_t server_port = 0;
    bool cutting = false;
    bool stalled = false;
    bool refusing = false;
    bool ending = false;
    std::vector<std::pair<std::string, when>> breaks;
    std::size_t broken = 0;
    std::list<pair> pairs;

    void ring() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto rung = ::write(bell, &one, sizeof one);
    }
    void run();
    void accept_one();
    bool pass(pair& through, short client_events, short server_events);
    static bool read_into(int from, std::string& to);
    static bool write_from(int to, std::string& from);
    bool understand_client(pair& through);
    bool understand_server(pair& through);
    bool meets_break(pair& through, std::string_view sql);
};

void postgres_proxy::state::run() {
    for (;;) {
        std::vector<::pollfd> waiting{{door, POLLIN, 0}, {bell, POLLIN, 0}};
        {
            const std::lock_guard lock{guard};
            if (ending) {
                return;
            }
            if (std::exchange(cutting, false)) {
                pairs.clear();
            }
            for (const auto& one : pairs) {
                // Stalled: not even the end of a connection is noticed.
                const short reads = stalled ? 0 : POLLIN;
                const auto writes = [&](const std::string& out) {
                    return static_cast<short>(out.empty() || stalled ? 0 : POLLOUT);
                };
                waiting.push_back({stalled ? -1 : one.client(), static_cast<short>(reads | writes(one.to_client)), 0});
                waiting.push_back({stalled ? -1 : one.server(), static_cast<short>(reads | writes(one.to_server)), 0});
            }
        }
        ::poll(waiting.data(), waiting.size(), -1);
        const std::lock_guard lock{guard};
        if (waiting[1].revents != 0) {
            std::uint64_t rung = 0;
            [[maybe_unused]] const auto got = ::read(bell, &rung, sizeof rung);
        }
        std::size_t at = 2;
        for (auto one = pairs.begin(); one != pairs.end() && at + 1 < waiting.size(); at += 2) {
            const bool open = stalled || pass(*one, waiting[at].revents, waiting[at + 1].revents);
            one = open ? std::next(one) : pairs.erase(one);
        }
        if (waiting[0].revents != 0) {
            accept_one();
        }
    }
}

void postgres_proxy::state::accept_one() {
    const int client = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) {
        return;
    }
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(server_port);
    if (refusing || server < 0 ||
        ::connect(server, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) != 0) {
        close_with_reset(client);
        if (server >= 0) {
            ::close(server);
        }
        return;
    }
    ::fcntl(server, F_SETFL, O_NONBLOCK);
    const int on = 1;
    for (const int socket : {client, server}) {
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    pairs.emplace_back(client, server);
}

// False: it is over.
bool postgres_proxy::state::read_into(int from, std::string& to) {
    std::array<char, 65536> block{};
    for (;;) {
        const auto got = ::recv(from, block.data(), block.size(), 0);
        if (got > 0) {
            to.append(block.data(), static_cast<std::size_t>(got));
        } else {
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
    }
}

bool postgres_proxy::state::write_from(int to, std::string& from) {
    while (!from.empty()) {
        const auto put = ::send(to, from.data(), from.size(), MSG_NOSIGNAL);
        if (put <= 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        from.erase(0, static_cast<std::size_t>(put));
    }
    return true;
}

bool postgres_proxy::state::pass(pair& through, short client_events, short server_events) {
    if ((client_events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        const bool open = read_into(through.client(), through.from_client);
        if (!understand_client(through) || !open) {
            write_from(through.server(), through.to_server);
            return false;
        }
    }
    if ((server_events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        const bool open = read_into(through.server(), through.from_server);
        if (!understand_server(through)) {
            return false;
        }
        if (!open) {
            write_from(through.client(), through.to_client);
            return false;
        }
    }
    return write_from(through.server(), through.to_server) && write_from(through.client(), through.to_client);
}

// False: the connection is to be reset now.
bool postgres_proxy::state::meets_break(pair& through, std::string_view sql) {
    const auto found =
        std::ranges::find_if(breaks, [&](const auto& one) { return sql.find(one.first) != std::string_view::npos; });
    if (found == breaks.end()) {
        return true;
    }
    const auto moment = found->second;
    breaks.erase(found);
    if (moment == when::answered) {
        through.losing = true;
        return true;
    }
    ++broken;
    return false;
}

bool postgres_proxy::state::understand_client(pair& through) {
    auto& bytes = through.from_client;
    for (auto next = first_of(bytes, through.started); next.size > 0; next = first_of(bytes, through.started)) {
        const auto text_at = [&](std::size_t at) {
            return std::string{next.body.substr(at, next.body.find('\0', at) - at)};
        };
        bool forward = true;
        bool keep = true;
        bool amid = false;
        const auto look = [&](const std::string& sql) {
            amid = std::ranges::any_of(
                breaks, [&](const auto& one) { return one.second == when::amid && sql.find(one.first) != sql.npos; });
            keep = meets_break(through, sql);
        };
        if (!through.started) {
            const auto code = number_at(bytes, 4);
            if (code == ssl_request || code == gss_request) {
                through.to_client += 'N';
                forward = false;
            } else {
                through.started = true;
                // Authentication ends in a ReadyForQuery too.
                through.rounds.push_back(false);
            }
        } else if (next.type == 'P') {
            const auto name = text_at(0);
            through.prepared[name] = text_at(name.size() + 1);
        } else if (next.type == 'B') {
            const auto portal = text_at(0);
            through.bound = through.prepared[text_at(portal.size() + 1)];
        } else if (next.type == 'E') {
            look(through.bound);
        } else if (next.type == 'Q') {
            look(text_at(0));
            through.rounds.push_back(std::exchange(through.losing, false));
        } else if (next.type == 'S') {
            through.rounds.push_back(std::exchange(through.losing, false));
        }
        if (forward && (keep || amid)) {
            through.to_server.append(bytes, 0, next.size);
        }
        bytes.erase(0, next.size);
        if (!keep) {
            // Without the sync behind it, which would commit it.
            return false;
        }
    }
    return true;
}

bool postgres_proxy::state::understand_server(pair& through) {
    auto& bytes = through.from_server;
    for (auto next = first_of(bytes, true); next.size > 0; next = first_of(bytes, true)) {
        const bool lost = !through.rounds.empty() && through.rounds.front();
        if (next.type == 'Z') {
            if (lost) {
                // Only now is it known to be committed.
                ++broken;
                return false;
            }
            if (!through.rounds.empty()) {
                through.rounds.pop_front();
            }
        }
        if (!lost) {
            through.to_client.append(bytes, 0, next.size);
        }
        bytes.erase(0, next.size);
    }
    return true;
}

postgres_proxy::postgres_proxy(std::uint16_t server_port) : state_{std::make_unique<state>()} {
    auto& it = *state_;
    it.server_port = server_port;
    it.door = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    it.bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    auto address = loopback(0);
    ::socklen_t size = sizeof address;
    if (it.door < 0 || it.bell < 0 || ::bind(it.door, reinterpret_cast<::sockaddr*>(&address), size) != 0 ||
        ::listen(it.door, 64) != 0 || ::getsockname(it.door, reinterpret_cast<::sockaddr*>(&address), &size) != 0) {
        throw std::system_error{errno, std::generic_category(), "a proxy's port"};
    }
    it.port = ntohs(address.sin_port);
    it.worker = std::thread{[&it] { it.run(); }};
}

postgres_proxy::~postgres_proxy() {
    {
        const std::lock_guard lock{state_->guard};
        state_->ending = true;
    }
    state_->ring();
    state_->worker.join();
    state_->pairs.clear();
    ::close(state_->door);
    ::close(state_->bell);
}

std::uint16_t postgres_proxy::port() const noexcept {
    return state_->port;
}

void postgres_proxy::lead_to(std::uint16_t server_port) {
    const std::lock_guard lock{state_->guard};
    state_->server_port = server_port;
}

void postgres_proxy::cut() {
    {
        const std::lock_guard lock{state_->guard};
        state_->cutting = true;
    }
    state_->ring();
}

void postgres_proxy::stall() {
    {
        const std::lock_guard lock{state_->guard};
        state_->stalled = true;
    }
    state_->ring();
}

void postgres_proxy::resume() {
    {
        const std::lock_guard lock{state_->guard};
        state_->stalled = false;
        state_->refusing = false;
    }
    state_->ring();
}

void postgres_proxy::refuse() {
    {
        const std::lock_guard lock{state_->guard};
        state_->refusing = true;
        state_->cutting = true;
    }
    state_->ring();
}

void postgres_proxy::break_at(std::string text, when moment) {
    const std::lock_guard lock{state_->guard};
    state_->breaks.emplace_back(std::move(text), moment);
}

std::size_t postgres_proxy::broken() const {
    const std::lock_guard lock{state_->guard};
    return state_->broken;
}

std::size_t postgres_proxy::connections() const {
    const std::lock_guard lock{state_->guard};
    return state_->pairs.size();
}

}  // namespace punctual::test
