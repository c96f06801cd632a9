#include "support/smtp_peer.hpp"

#include "net/async/timer.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {
namespace {

net::task<> pass(net::executor ex, std::chrono::milliseconds time) {
    net::steady_timer timer{ex};
    timer.expires_after(time);
    co_await timer.async_wait(net::use_result);
}

}  // namespace

smtp_peer::smtp_peer(boost::asio::io_context& context, smtp_peer_plan plan)
    : plan_{std::move(plan)},
      peer_{context, [this](peer_connection& client) { return serve(client); },
            plan_.implicit_tls ? plan_.tls : nullptr, plan_.port} {}

std::size_t smtp_peer::count(std::string_view command) const {
    return static_cast<std::size_t>(std::count(commands_.begin(), commands_.end(), command));
}

net::task<> smtp_peer::serve(peer_connection& client) {
    session state;
    state.secure = plan_.implicit_tls;
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    co_await answer(client, state, "greeting", "220 mail.test ESMTP\r\n");
    while (!state.over) {
        const auto line = co_await client.read_through("\r\n");
        if (!line.ends_with("\r\n")) {
            break;
        }
        const auto word = line.substr(0, line.find_first_of(" \r:"));
        commands_.push_back(word);
        if (word == "DATA") {
            co_await take_message(client, state);
            continue;
        }
        co_await answer(client, state, word, usual_answer(word, state));
        if (word == "STARTTLS" && !state.over && !state.refused) {
            co_await begin_tls(client, state);
        }
        state.over = state.over || word == "QUIT";
    }
    --at_once_;
}

std::string smtp_peer::usual_answer(const std::string& word, const session& state) const {
    if (word == "EHLO") {
        const bool starttls = plan_.tls != nullptr && !state.secure;
        return "250-mail.test\r\n" + plan_.offers + (starttls ? "250-STARTTLS\r\n" : "") + "250 AUTH PLAIN LOGIN\r\n";
    }
    if (word == "STARTTLS") {
        return "220 go ahead\r\n" + plan_.injected;
    }
    if (word == "AUTH") {
        return "235 welcome\r\n";
    }
    return word == "QUIT" ? "221 bye\r\n" : "250 ok\r\n";
}

net::task<> smtp_peer::begin_tls(peer_connection& client, session& state) {
    if (plan_.react && plan_.react("TLS", client.number(), 0)) {
        co_await client.hang();
        state.over = true;
        co_return;
    }
    if (!plan_.injected_late.empty()) {
        co_await client.wait_for_bytes();
        co_await client.send(plan_.injected_late);
    }
    state.secure = co_await client.start_tls(plan_.tls);
    state.over = !state.secure;
}

net::task<> smtp_peer::take_message(peer_connection& client, session& state) {
    co_await answer(client, state, "DATA", "354 go on\r\n");
    if (state.over || state.refused) {
        co_return;
    }
    auto message = std::string{"\r\n"};
    message += co_await client.read_through("\r\n");
    while (!message.ends_with("\r\n.\r\n") && message.ends_with("\r\n")) {
        const auto line = co_await client.read_through("\r\n");
        if (line.empty()) {
            break;
        }
        message += line;
    }
    if (!message.ends_with("\r\n.\r\n")) {
        state.over = true;
        co_return;
    }
    mails_.push_back(message.substr(2, message.size() - 5));
    co_await answer(client, state, "message", "250 ok: queued as M" + std::to_string(mails_.size()) + "\r\n");
    ++state.mails;
}

net::task<> smtp_peer::answer(peer_connection& client, session& state, std::string word, std::string usual) {
    using enum smtp_reaction::kind;
    const auto instead = plan_.react ? plan_.react(word, client.number(), state.mails) : std::nullopt;
    state.refused = instead && (instead->text.starts_with('4') || instead->text.starts_with('5'));
    if (!instead) {
        co_await client.send(std::move(usual));
        co_return;
    }
    switch (instead->what) {
        case say:
            co_await client.send(instead->text);
            break;
        case late:
            co_await pass(client.socket().get_executor(), instead->delay);
            co_await client.send(instead->text);
            break;
        case say_and_close:
            co_await client.send(instead->text);
            co_await client.close();
            state.over = true;
            break;
        case close:
            co_await client.close();
            state.over = true;
            break;
        case reset:
            client.reset();
            state.over = true;
            break;
        case hang:
            co_await client.hang();
            state.over = true;
            break;
        case drip:
            // A line that never ends, quickly enough for any time limit that is set anew by each byte.
            while (client.socket().is_open()) {
                co_await client.send("2");
                co_await pass(client.socket().get_executor(), std::chrono::milliseconds{5});
            }
            state.over = true;
            break;
    }
}

auto react_at(std::string word, smtp_reaction what, std::optional<std::size_t> connection)
    -> decltype(smtp_peer_plan::react) {
    return [word = std::move(word), what = std::move(what), connection](std::string_view at, std::size_t number,
                                                                        std::size_t) -> std::optional<smtp_reaction> {
        return at == word && (!connection || *connection == number) ? std::optional{what} : std::nullopt;
    };
}

auto react_once(std::string word, smtp_reaction what) -> decltype(smtp_peer_plan::react) {
    return [word = std::move(word), what = std::move(what), done = false](
               std::string_view at, std::size_t, std::size_t) mutable -> std::optional<smtp_reaction> {
        return at == word && !std::exchange(done, true) ? std::optional{what} : std::nullopt;
    };
}

}  // namespace punctual::test
