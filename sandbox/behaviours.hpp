#pragma once
// What tests order the stand-in to do wrong: each order counts down and is gone. Pure.

#include "domain/vocabulary.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::sandbox {

// For the next requests to the REST API.
struct request_fault {
    enum class kind : std::uint8_t {
        answer_before,  // `status` without doing anything
        answer_after,   // does it, then answers `status` all the same
        hang,           // no answer, nothing done, until the client gives up
        drop_before,    // closes without an answer, nothing done
        drop_after,     // does it, then closes without an answer
        slow,           // does it, answers properly after `delay`
        html,           // `status` with a proxy's HTML, nothing done
        redirect,       // `status` to `location`, nothing done
        answer_as,      // does it, then answers `status` with `body`, `repeat` times one after the other
        cut,            // does it, and closes in the middle of its answer
    };
    std::string target;  // "messages", "rooms", or "any"
    std::string method;  // "POST", "GET"; empty: both
    kind what = kind::answer_before;
    unsigned status = 500;
    int code = 0;                        // Twilio's code in the answer; 0: the usual one of the status
    std::chrono::seconds retry_after{};  // 0: no Retry-After
    std::chrono::milliseconds delay{};
    std::uint64_t next = 1;
    std::string location;
    std::string body;
    std::size_t repeat = 1;
};

// How the next accepted messages end.
struct message_fate {
    std::string to;  // E.164; empty: any
    std::optional<domain::channel> channel;
    std::string status = "delivered";  // delivered, read, sent, failed, undelivered, queued (silence)
    int code = 0;
    std::chrono::milliseconds delay{};  // more than usual
    std::uint64_t next = 1;             // 0: always
};

// For the next SMTP conversations that come to that point.
struct smtp_fault {
    enum class kind : std::uint8_t {
        reply_greeting,  // `code` instead of 220, and closes
        reply_mail,
        reply_rcpt,
        reply_data,          // to DATA itself
        reply_dot,           // after the dot, message refused
        drop_before_accept,  // closes after the dot; the message is not taken
        drop_after_accept,   // closes after the dot; the message is taken
        slow_dot,            // takes it and answers after `delay`
    };
    std::string to;  // recipient; empty: any. Not for greeting and MAIL.
    kind what = kind::reply_rcpt;
    int code = 451;
    std::string text;
    std::chrono::milliseconds delay{};
    std::uint64_t next = 1;  // 0: always
};

// For the next webhooks.
struct callback_fault {
    enum class kind : std::uint8_t { lose, duplicate, delay, bad_signature };
    kind what = kind::lose;
    std::chrono::milliseconds delay{};
    std::uint64_t next = 1;
};

class behaviours {
public:
    void add(request_fault what) { requests_.push_back(std::move(what)); }
    void add(message_fate what) { fates_.push_back(std::move(what)); }
    void add(smtp_fault what) { smtp_.push_back(std::move(what)); }
    void add(callback_fault what) { callbacks_.push_back(what); }
    // Refuses every message to that number with that code (21610, 21614, …); 0 takes the order back.
    void refuse_number(const std::string& number, int code);
    void clear();

    // Each takes one from the first order that matches.
    [[nodiscard]] std::optional<request_fault> take_request(std::string_view target, std::string_view method);
    [[nodiscard]] std::optional<message_fate> take_fate(std::string_view to, domain::channel channel);
    [[nodiscard]] std::optional<smtp_fault> take_smtp(smtp_fault::kind point, std::string_view to);
    [[nodiscard]] std::optional<callback_fault> take_callback();
    [[nodiscard]] int refusal(const std::string& number) const;
    [[nodiscard]] std::size_t pending() const noexcept {
        return requests_.size() + fates_.size() + smtp_.size() + callbacks_.size() + refused_.size();
    }

private:
    std::deque<request_fault> requests_;
    std::deque<message_fate> fates_;
    std::deque<smtp_fault> smtp_;
    std::deque<callback_fault> callbacks_;
    std::map<std::string, int> refused_;
};

}  // namespace punctual::sandbox
