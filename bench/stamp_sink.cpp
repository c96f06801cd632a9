// A mail server that keeps nothing but when each mail was accepted: the far end of the end-to-end figures.
//
// One thread on epoll, PIPELINING and 8BITMIME, no TLS. A second port takes orders, one a line: `count`,
// `reset`, `dump` (nanoseconds since 1970, recipient, Message-ID, bytes; a lone dot ends it). It prints both ports
// and serves until it is ended. It refuses nothing and checks nothing: it must be cheaper than what it measures.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct stamp {
    std::int64_t at;
    std::string to;
    std::string id;
    std::size_t bytes;
};

struct peer {
    int descriptor = -1;
    bool orders = false;
    bool content = false;
    bool over = false;
    std::string in;
    std::string out;
    std::string to;
};

std::vector<stamp> stamps;

std::int64_t now() {
    timespec at{};
    ::clock_gettime(CLOCK_REALTIME, &at);
    return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
    const auto begin = text.find(before);
    if (begin == std::string_view::npos) {
        return {};
    }
    const auto end = text.find(after, begin + before.size());
    return end == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin + before.size(), end - begin - before.size());
}

void take_command(peer& from, std::string_view line) {
    const auto is = [&](std::string_view word) {
        return std::ranges::equal(line.substr(0, word.size()), word, {},
                                  [](unsigned char c) { return std::toupper(c); });
    };
    if (is("EHLO")) {
        from.out += "250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n";
    } else if (is("RCPT")) {
        from.to = between(line, "<", ">");
        from.out += "250 2.1.5 Ok\r\n";
    } else if (is("DATA")) {
        from.content = true;
        from.out += "354 go ahead\r\n";
    } else if (is("QUIT")) {
        from.over = true;
        from.out += "221 bye\r\n";
    } else {
        from.out += "250 2.0.0 Ok\r\n";
    }
}

// False: the rest of the message has not come yet.
bool take_content(peer& from, std::size_t& at) {
    constexpr std::string_view end = "\r\n.\r\n";
    const std::string_view rest{from.in.data() + at, from.in.size() - at};
    const auto found = rest.find(end);
    if (found == std::string_view::npos) {
        return false;
    }
    const auto when = now();
    const auto message = rest.substr(0, found + 2);
    stamps.push_back({when, from.to, std::string{between(message, "Message-ID: <", ">")}, message.size()});
    at += found + end.size();
    from.content = false;
    from.out += "250 2.0.0 Ok: queued as 4XkQ8N0000000\r\n";
    return true;
}

void take_order(peer& from, std::string_view line) {
    if (line.starts_with("count")) {
        from.out += std::to_string(stamps.size()) + "\n";
    } else if (line.starts_with("reset")) {
        stamps.clear();
        from.out += "ok\n";
    } else if (line.starts_with("dump")) {
        for (const auto& one : stamps) {
            from.out += std::to_string(one.at) + ' ' + (one.to.empty() ? "-" : one.to) + ' ' +
                        (one.id.empty() ? "-" : one.id) + ' ' + std::to_string(one.bytes) + '\n';
        }
        from.out += ".\n";
    }
}

void take_in(peer& from) {
    std::size_t at = 0;
    for (;;) {
        if (from.content) {
            if (!take_content(from, at)) {
                break;
            }
            continue;
        }
        const auto end = from.in.find('\n', at);
        if (end == std::string::npos) {
            break;
        }
        const std::string_view line{from.in.data() + at, end - at};
        at = end + 1;
        from.orders ? take_order(from, line) : take_command(from, line);
    }
    from.in.erase(0, at);
}

// False: the peer has gone.
bool send_out(peer& to) {
    while (!to.out.empty()) {
        const auto sent = ::send(to.descriptor, to.out.data(), to.out.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            // Blocking sockets: only orders have long answers, and their reader waits for them.
            return errno == EINTR;
        }
        to.out.erase(0, static_cast<std::size_t>(sent));
    }
    return !to.over;
}

bool serve(peer& one) {
    std::array<char, 65536> buffer{};
    const auto got = ::recv(one.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    one.in.append(buffer.data(), static_cast<std::size_t>(got));
    take_in(one);
    return send_out(one);
}

int listening() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    if (::bind(descriptor, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(descriptor, 512) != 0) {
        std::perror("stamp_sink: bind");
        std::exit(1);
    }
    return descriptor;
}

unsigned port_of(int descriptor) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}

}  // namespace

int main() {
    const int mail = listening();
    const int orders = listening();
    std::printf("%u %u\n", port_of(mail), port_of(orders));
    std::fflush(stdout);
    stamps.reserve(1 << 20);

    const int poll = ::epoll_create1(0);
    const auto watch = [poll](int descriptor) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
    };
    watch(mail);
    watch(orders);
    std::unordered_map<int, std::unique_ptr<peer>> peers;
    std::array<epoll_event, 256> ready{};
    for (;;) {
        const int count = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count < 0 ? 0 : count); ++i) {
            const int descriptor = ready.at(i).data.fd;
            if (descriptor == mail || descriptor == orders) {
                auto one = std::make_unique<peer>();
                one->descriptor = ::accept(descriptor, nullptr, nullptr);
                one->orders = descriptor == orders;
                const int yes = 1;
                ::setsockopt(one->descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                if (!one->orders) {
                    one->out = "220 sink ESMTP\r\n";
                    send_out(*one);
                }
                watch(one->descriptor);
                const int key = one->descriptor;
                peers[key] = std::move(one);
            } else if (const auto at = peers.find(descriptor); at != peers.end() && !serve(*at->second)) {
                ::close(descriptor);
                peers.erase(at);
            }
        }
    }
}
