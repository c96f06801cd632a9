// The JSON of POST /sandbox/behaviour, read strictly: a test with a typing mistake must not pass.

#include "sandbox/control.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace punctual::sandbox {
namespace {

namespace json = boost::json;

// Reads members and remembers which; the first mistake wins.
class order_reader {
public:
    explicit order_reader(const json::object& order) : order_{order} {}

    std::string text(std::string_view name, std::string fallback = {}) {
        const auto* value = take(name);
        if (value == nullptr) {
            return fallback;
        }
        if (!value->is_string()) {
            fail(std::string{name} + " must be a string");
            return fallback;
        }
        return std::string{value->get_string()};
    }

    long number(std::string_view name, long fallback, long least, long most) {
        const auto* value = take(name);
        if (value == nullptr) {
            return fallback;
        }
        if (!value->is_int64() || value->get_int64() < least || value->get_int64() > most) {
            fail(std::string{name} + " must be a number from " + std::to_string(least) + " to " + std::to_string(most));
            return fallback;
        }
        return value->get_int64();
    }

    // Index of the word in `allowed`, 0 after a mistake.
    std::size_t word(std::string_view name, std::initializer_list<std::string_view> allowed) {
        const auto given = text(name);
        const auto at = std::ranges::find(allowed, given);
        if (at != allowed.end()) {
            return static_cast<std::size_t>(at - allowed.begin());
        }
        std::string list;
        for (const auto each : allowed) {
            list += (list.empty() ? "" : ", ") + std::string{each};
        }
        fail(std::string{name} + " must be one of " + list);
        return 0;
    }

    void fail(std::string why) {
        if (!mistake_) {
            mistake_ = std::move(why);
        }
    }

    std::optional<std::string> mistake() {
        for (const auto& [name, value] : order_) {
            if (std::ranges::find(seen_, std::string_view{name}) == seen_.end()) {
                fail("unknown member " + std::string{name});
            }
        }
        return mistake_;
    }

private:
    const json::value* take(std::string_view name) {
        seen_.emplace_back(name);
        return order_.if_contains(name);
    }

    const json::object& order_;
    std::vector<std::string> seen_;
    std::optional<std::string> mistake_;
};

std::optional<std::string> take_request_fault(behaviours& into, order_reader& from) {
    using kind = request_fault::kind;
    constexpr std::array kinds{kind::answer_before, kind::answer_after, kind::hang, kind::drop_before,
                               kind::drop_after,    kind::slow,         kind::html, kind::redirect,
                               kind::answer_as,     kind::cut};
    request_fault fault;
    fault.target = from.text("on", "any");
    if (fault.target != "any" && fault.target != "rooms" && fault.target != "messages") {
        from.fail("on must be one of any, rooms, messages");
    }
    fault.method = from.text("method");
    fault.what = kinds[from.word("action", {"answer_before", "answer_after", "hang", "drop_before", "drop_after",
                                            "slow", "html", "redirect", "answer_as", "cut"})];
    const bool free = fault.what == kind::redirect || fault.what == kind::answer_as;
    fault.status = static_cast<unsigned>(from.number("status", free ? 307 : 500, free ? 200 : 400, 599));
    fault.location = from.text("location");
    if (fault.location.find_first_of("\r\n") != std::string::npos) {
        from.fail("location must be one line");
    }
    fault.body = from.text("body");
    fault.repeat = static_cast<std::size_t>(from.number("repeat", 1, 1, 100'000));
    fault.code = static_cast<int>(from.number("code", 0, 0, 99'999));
    fault.retry_after = std::chrono::seconds{from.number("retry_after", 0, 0, 86'400)};
    fault.delay = std::chrono::milliseconds{from.number("delay_ms", 0, 0, 3'600'000)};
    fault.next = static_cast<std::uint64_t>(from.number("next", 1, 0, 1'000'000));
    auto mistake = from.mistake();
    if (!mistake) {
        into.add(std::move(fault));
    }
    return mistake;
}

std::optional<std::string> take_fate(behaviours& into, order_reader& from) {
    constexpr std::array<std::string_view, 6> statuses{"delivered", "read", "sent", "failed", "undelivered", "queued"};
    message_fate fate;
    fate.to = from.text("to");
    if (const auto channel = from.text("channel"); !channel.empty()) {
        fate.channel = domain::parse<domain::channel>(channel);
        if (!fate.channel || *fate.channel == domain::channel::email) {
            from.fail("channel must be one of whatsapp, sms");
        }
    }
    fate.status = statuses[from.word("status", {"delivered", "read", "sent", "failed", "undelivered", "queued"})];
    fate.code = static_cast<int>(from.number("code", 0, 0, 99'999));
    fate.delay = std::chrono::milliseconds{from.number("delay_ms", 0, 0, 86'400'000)};
    fate.next = static_cast<std::uint64_t>(from.number("next", 1, 0, 1'000'000));
    auto mistake = from.mistake();
    if (!mistake) {
        into.add(std::move(fate));
    }
    return mistake;
}

std::optional<std::string> take_smtp_fault(behaviours& into, order_reader& from) {
    using kind = smtp_fault::kind;
    constexpr std::array kinds{kind::reply_greeting,    kind::reply_mail, kind::reply_rcpt,
                               kind::reply_data,        kind::reply_dot,  kind::drop_before_accept,
                               kind::drop_after_accept, kind::slow_dot};
    smtp_fault fault;
    fault.what = kinds[from.word(
        "action", {"greeting", "mail", "rcpt", "data", "dot", "drop_before_accept", "drop_after_accept", "slow"})];
    fault.to = from.text("to");
    fault.code = static_cast<int>(from.number("code", 450, 400, 599));
    fault.text = from.text("text");
    if (fault.text.find_first_of("\r\n") != std::string::npos) {
        from.fail("text must be one line");
    }
    fault.delay = std::chrono::milliseconds{from.number("delay_ms", 1000, 0, 3'600'000)};
    fault.next = static_cast<std::uint64_t>(from.number("next", 1, 0, 1'000'000));
    auto mistake = from.mistake();
    if (!mistake) {
        into.add(std::move(fault));
    }
    return mistake;
}

std::optional<std::string> take_callback_fault(behaviours& into, order_reader& from) {
    using kind = callback_fault::kind;
    constexpr std::array kinds{kind::lose, kind::duplicate, kind::delay, kind::bad_signature};
    callback_fault fault;
    fault.what = kinds[from.word("action", {"lose", "duplicate", "delay", "bad_signature"})];
    fault.delay = std::chrono::milliseconds{from.number("delay_ms", 1000, 0, 3'600'000)};
    fault.next = static_cast<std::uint64_t>(from.number("next", 1, 0, 1'000'000));
    auto mistake = from.mistake();
    if (!mistake) {
        into.add(fault);
    }
    return mistake;
}

std::optional<std::string> take_number(behaviours& into, order_reader& from) {
    const auto number = from.text("to");
    const auto code = static_cast<int>(from.number("code", 21610, 0, 99'999));
    if (number.empty()) {
        from.fail("to must be a phone number");
    }
    auto mistake = from.mistake();
    if (!mistake) {
        into.refuse_number(number, code);
    }
    return mistake;
}

}  // namespace

std::optional<std::string> take_order(behaviours& into, const json::object& order) {
    order_reader from{order};
    switch (from.word("target", {"request", "message", "smtp", "callback", "number"})) {
        case 1:
            return take_fate(into, from);
        case 2:
            return take_smtp_fault(into, from);
        case 3:
            return take_callback_fault(into, from);
        case 4:
            return take_number(into, from);
        default:
            return take_request_fault(into, from);
    }
}

}  // namespace punctual::sandbox
