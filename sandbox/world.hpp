#pragma once
// Everything the stand-in knows, in one place: the shells around it (HTTP, SMTP, callbacks) share it.
// Pure: no sockets, `now` is an argument.

#include "sandbox/access_token.hpp"
#include "sandbox/behaviours.hpp"
#include "sandbox/callback.hpp"
#include "sandbox/inbox.hpp"
#include "sandbox/smtp_session.hpp"
#include "sandbox/twilio_messages.hpp"
#include "sandbox/twilio_rooms.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace punctual::sandbox {

struct world_options {
    account credentials;
    std::uint64_t seed = 1;
    std::chrono::milliseconds room_minute{std::chrono::minutes{1}};
    messaging_options messaging = {};  // account_sid and seed are filled in
    inbox_limits inbox = {};
};

// A webhook that was called, for GET /sandbox/callbacks.json.
struct called_webhook {
    std::uint64_t n = 0;
    callback what;
    unsigned status = 0;  // of the last attempt; 0: no answer
    unsigned attempts = 0;
    std::string error;
    wall_time ended_at{};
};

class world {
public:
    explicit world(const world_options& options);
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    // One record a recipient.
    void take_mail(received_mail mail, wall_time now);
    void note_webhook(called_webhook what);
    [[nodiscard]] const std::deque<called_webhook>& webhooks() const noexcept { return webhooks_; }

    void advance(wall_time now);
    [[nodiscard]] std::optional<wall_time> next_due() const;
    [[nodiscard]] std::vector<callback> take_callbacks();

    account credentials;
    behaviours orders;
    sandbox::inbox inbox;
    twilio_rooms rooms;
    twilio_messages messages;
    sid_maker request_ids;

private:
    std::deque<called_webhook> webhooks_;
    std::uint64_t webhooks_called_ = 0;
};

}  // namespace punctual::sandbox
