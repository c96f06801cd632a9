#pragma once
// The state of Twilio Messaging: what POST Messages.json accepts, the road of a message from queued to
// delivered, and the callbacks on it. Pure: no sockets, `now` is an argument.
//
// 201 means accepted, not delivered: a closed WhatsApp window, a recipient without WhatsApp, an opt-out
// behind a messaging service come later, by callback. There is no callback for the first status.

#include "sandbox/api_error.hpp"
#include "sandbox/behaviours.hpp"
#include "sandbox/callback.hpp"
#include "sandbox/inbox.hpp"
#include "sandbox/text.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace punctual::sandbox {

struct text_message {
    std::string sid;
    bool inbound = false;
    domain::channel channel = domain::channel::sms;
    std::string to;  // with "whatsapp:" in front for that channel
    std::string from;
    std::string messaging_service_sid;
    std::string body;
    std::string content_sid;
    std::string content_variables;
    std::string status_callback;
    std::string status;
    int error_code = 0;
    long validity = 36'000;  // seconds
    wall_time created_at{};
    wall_time updated_at{};
    std::optional<wall_time> sent_at;
    std::uint64_t inbox_number = 0;
};

struct messaging_options {
    std::string account_sid;
    std::uint64_t seed = 1;
    std::chrono::milliseconds step{200};  // from one status to the next
    bool read_receipts = false;           // WhatsApp: read follows delivered
    // Free WhatsApp text fails with 63016 unless that number wrote in the last 24 hours. Off, it is as in
    // Twilio's own WhatsApp sandbox, whose tester has just written.
    bool strict_window = false;
    std::string inbound_url = {};  // webhook of incoming messages; empty: none
    std::size_t remembered = 200'000;
};

struct message_filter {
    std::string to;
    std::string from;
    std::optional<wall_time> sent_from;
    std::optional<wall_time> sent_until;
    std::string after;  // a sid: only what is older
};

class twilio_messages {
public:
    // References must outlive it.
    twilio_messages(messaging_options options, behaviours& orders, inbox& log);

    // `fields`: the form of POST Messages.json. References live until the next call that changes state.
    [[nodiscard]] api_result<const text_message*> send(const form& fields, wall_time now);
    [[nodiscard]] api_result<const text_message*> fetch(std::string_view sid) const;
    // POST Messages/{sid} with an empty Body: the text is removed.
    [[nodiscard]] api_result<const text_message*> redact(std::string_view sid, wall_time now);
    [[nodiscard]] api_result<> remove(std::string_view sid);
    // Newest first. Messages not yet sent have no date and match no date.
    [[nodiscard]] std::vector<const text_message*> list(const message_filter& filter, std::size_t limit) const;

    // A person writes to the clinic. STOP and START words work as Twilio works them for SMS.
    [[nodiscard]] api_result<const text_message*> receive(domain::channel channel, const std::string& from,
                                                          const std::string& to, const std::string& body,
                                                          wall_time now);
    // The text of a template, so that phones show it with its variables filled in.
    void add_template(const std::string& content_sid, std::string text) { templates_[content_sid] = std::move(text); }

    void advance(wall_time now);
    [[nodiscard]] std::optional<wall_time> next_due() const;
    [[nodiscard]] std::vector<callback> take_callbacks();

private:
    struct step {
        std::string sid;
        std::string status;
        int code = 0;
    };

    [[nodiscard]] text_message* find_message(std::string_view sid);
    text_message& keep(text_message what);
    void plan(const text_message& what, wall_time now);
    void move(text_message& which, const step& to, wall_time now);
    void notify(const text_message& about);
    [[nodiscard]] std::string render(const text_message& what) const;
    [[nodiscard]] int later_refusal(const text_message& what, wall_time now) const;
    [[nodiscard]] bool opted_out(const text_message& what) const;

    messaging_options options_;
    behaviours& orders_;
    inbox& log_;
    sid_maker sids_;
    std::deque<text_message> messages_;                       // oldest first
    std::uint64_t forgotten_ = 0;                             // how many went before messages_.front()
    std::unordered_map<std::string, std::uint64_t> numbers_;  // sid to forgotten_ + index
    std::multimap<wall_time, step> steps_;
    std::map<std::string, wall_time> last_inbound_;          // WhatsApp number to its last message
    std::set<std::pair<std::string, std::string>> stopped_;  // person, sender
    std::map<std::string, std::string> templates_;
    std::vector<callback> callbacks_;
};

}  // namespace punctual::sandbox
