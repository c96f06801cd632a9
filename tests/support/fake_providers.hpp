#pragma once
// The far end of the jobs, as a test sets it: it takes everything, or answers as it is told, or not at all
// while its door is closed. It keeps what has arrived.

#include "jobs/sender.hpp"
#include "net/rendering/composer.hpp"
#include "net/smtp/mailer.hpp"
#include "net/twilio/messenger.hpp"
#include "net/twilio/rooms.hpp"
#include "support/door.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace punctual::test {

// The message is the delivery's id; the address is the recipient's.
class fake_composer final : public net::rendering::composer {
public:
    [[nodiscard]] std::expected<net::smtp::mail, domain::reason> compose_mail(const domain::claimed_delivery& what,
                                                                              wall_time now) const override;
    [[nodiscard]] std::expected<net::twilio::text_message, domain::reason> compose_text(
        const domain::claimed_delivery& what, wall_time now) const override;

    std::optional<domain::reason> refusal;
    std::map<std::string, std::string> content_variables;
    std::string content_sid;          // as for an approved template: then there is no body
    bool needs_conversation = false;  // as without templates: WhatsApp is for answers alone
};

class fake_mailer final : public net::smtp::mailer {
public:
    explicit fake_mailer(net::clock& clock) : gate{clock} {}
    net::task<net::smtp::mail_outcome> send(net::smtp::mail what, domain::lease lease, deadline until) override;
    [[nodiscard]] std::size_t capacity() const noexcept override { return slots; }

    net::smtp::mail_outcome answer{net::smtp::mail_verdict::accepted, 0, {}, {}};
    door gate;
    std::size_t slots = 4;
    std::vector<net::smtp::mail> asked;
    std::vector<domain::lease> leases;
};

class fake_messenger final : public net::twilio::messenger {
public:
    explicit fake_messenger(net::clock& clock) : gate{clock}, desk{clock} {}
    net::task<net::twilio::text_outcome> send(net::twilio::text_message what, domain::lease lease,
                                              deadline until) override;
    net::task<std::optional<std::vector<net::twilio::listed_message>>> list(domain::channel channel, std::string to,
                                                                            wall_time since, deadline until) override;
    net::task<std::optional<net::twilio::listed_message>> find(std::string sid, deadline until) override;
    [[nodiscard]] std::size_t capacity() const noexcept override { return slots; }

    [[nodiscard]] std::chrono::seconds held() const noexcept override { return hold; }

    net::twilio::text_outcome answer{net::twilio::text_verdict::accepted, {}, {}, 0, {}, {}};
    std::chrono::seconds hold{};
    std::optional<std::vector<net::twilio::listed_message>> listed{std::vector<net::twilio::listed_message>{}};
    std::map<std::string, net::twilio::listed_message> kept;  // by sid; of others nothing can be said
    door gate;                                                // of what is sent
    door desk;                                                // of what is asked after
    std::size_t slots = 4;
    std::vector<net::twilio::text_message> asked;
    std::vector<std::string> asked_after;  // sids
    int lists = 0;
};

class fake_rooms final : public net::twilio::rooms {
public:
    explicit fake_rooms(net::clock& clock) : gate{clock} {}
    net::task<result<net::twilio::room>> ensure(std::string name, deadline until) override;
    net::task<result<net::twilio::room>> find(std::string name, deadline until) override;
    net::task<result<std::vector<net::twilio::room>>> list_in_progress(deadline until) override;
    net::task<result<std::size_t>> connected(std::string sid, deadline until) override;
    net::task<result<std::vector<net::twilio::room_participant>>> participants(std::string sid,
                                                                               deadline until) override;
    net::task<result<>> remove(std::string sid, std::string participant, deadline until) override;
    net::task<result<>> complete(std::string sid, deadline until) override;

    // Somebody comes in, or goes; the participant's sid. `at`: the provider's time.
    std::string join(const std::string& room, const std::string& identity, wall_time at);
    void leave(const std::string& participant, wall_time at);

    // As Twilio does with a room that nobody uses.
    void end(const std::string& name) { running.erase(name); }

    bool away = false;
    std::set<std::string> refused;  // sids
    door gate;
    int ensured = 0;
    int made = 0;
    std::map<std::string, net::twilio::room> running;  // by name
    std::map<std::string, std::size_t> crowds;         // by sid: so many connected, whoever they are
    std::map<std::string, std::vector<net::twilio::room_participant>> people;  // by sid, ended rooms too
    std::set<std::string> unknown;                                             // sids that get a 404
    std::vector<std::string> completed;                                        // sids
    std::vector<std::string> removed;                                          // of participants
};

// For tests of the lane: gives the outcome that it is told.
class fake_sender final : public jobs::sender {
public:
    explicit fake_sender(net::clock& clock, std::vector<domain::channel> channels = {domain::channel::email})
        : gate{clock}, clock_{clock}, channels_{std::move(channels)} {}
    net::task<jobs::attempt> send(const domain::claimed_delivery& what) override;
    [[nodiscard]] std::size_t capacity() const noexcept override { return slots; }
    [[nodiscard]] const std::vector<domain::channel>& channels() const noexcept override { return channels_; }

    // Changes the attempt, which is `accepted` before; may throw.
    std::function<void(const domain::claimed_delivery&, jobs::attempt&)> judge;
    std::function<bool(const domain::claimed_delivery&)> skips;
    door gate;
    std::size_t slots = 25;
    std::vector<domain::claimed_delivery> sent;

private:
    net::clock& clock_;
    std::vector<domain::channel> channels_;
};

}  // namespace punctual::test
