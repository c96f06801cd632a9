#include "net/twilio/make_rooms.hpp"

#include "net/twilio/answers.hpp"
#include "net/twilio/api.hpp"
#include "net/twilio/form.hpp"
#include "net/twilio/redact.hpp"

#include <algorithm>
#include <utility>

namespace punctual::net::twilio {
namespace {

constexpr int room_exists = 53113;
constexpr int room_has_ended = 53112;
constexpr std::string_view in_progress = "in-progress";
constexpr std::string_view ours = "apt-";
constexpr std::size_t ensure_tries = 3;
// 100 a page: an answer of 1,000 rooms would be beyond the client's limit. Twilio allows 10,000 rooms.
constexpr std::size_t most_pages = 120;

bool is_success(const https::response& answer) noexcept {
    return answer.status >= 200 && answer.status < 300;
}

// Of an answer that is no success.
error judge(const api_answer& answer) {
    if (!answer.response) {
        const auto& why = answer.response.error();
        const bool look =
            why.code == https::https_errc::certificate_refused || why.code == https::https_errc::bad_request;
        return {make_error_code(look ? twilio_errc::refused : twilio_errc::unavailable), why.message()};
    }
    const auto status = answer.response->status;
    const auto said = read_error(answer.response->body);
    auto text = "HTTP " + std::to_string(status);
    if (said.code != 0) {
        text += ", " + std::to_string(said.code);
    }
    if (!said.message.empty()) {
        text += ": " + redact(said.message);
    }
    if (status == 404) {
        return {make_error_code(twilio_errc::not_found), text};
    }
    const bool passing = status == 429 || status == 408 || status >= 500;
    return {make_error_code(passing ? twilio_errc::unavailable : twilio_errc::refused), text};
}

// The room in an answer to find or create.
result<room> room_in(const api_answer& answer) {
    if (!answer.response || !is_success(*answer.response)) {
        return std::unexpected{judge(answer)};
    }
    auto found = read_room(answer.response->body);
    if (!found) {
        return failure(twilio_errc::bad_answer);
    }
    return std::move(*found);
}

class rest_rooms final : public rooms {
public:
    rest_rooms(https::client& client, account_gate& gate, rooms_options options)
        : api_{client, std::move(options.path_prefix), std::move(options.who), gate}, room_{std::move(options.room)} {}

    task<result<room>> ensure(std::string name, deadline until) override {
        // Looked for first, each time: an earlier request may have made it though its answer was lost.
        for (std::size_t tries = 0; tries < ensure_tries; ++tries) {
            auto found = co_await find(name, until);
            if (found || found.error().code != twilio_errc::not_found) {
                co_return std::move(found);
            }
            const auto answer = co_await api_.post("/v1/Rooms", room_form(room_, name), deadline::max(), until);
            auto made = room_in(answer);
            const bool exists = !made && answer.response && read_error(answer.response->body).code == room_exists;
            if (!exists) {
                const bool own_404 = !made && made.error().code == twilio_errc::not_found;
                if (own_404) {
                    made.error().code = make_error_code(twilio_errc::refused);
                }
                co_return std::move(made);
            }
            // 53113: somebody else made it; adopt it, unless it ends before we look.
        }
        co_return failure(twilio_errc::unavailable, "the room exists and does not, by turns");
    }

    task<result<room>> find(std::string name, deadline until) override {
        if (!api_.who().complete()) {
            co_return failure(twilio_errc::not_configured);
        }
        if (!is_room_name(name)) {
            co_return failure(twilio_errc::refused, "the room's name has characters beyond [A-Za-z0-9_-]");
        }
        const auto answer = co_await api_.get("/v1/Rooms/" + name, until);
        auto found = room_in(answer);
        if (found && found->status != in_progress) {
            co_return failure(twilio_errc::not_found, "the room has ended");
        }
        co_return std::move(found);
    }

    task<result<std::vector<room>>> list_in_progress(deadline until) override {
        auto all = co_await pages<room>("/v1/Rooms?Status=in-progress&PageSize=100", read_room_page, until);
        if (all) {
            std::erase_if(
                *all, [](const room& one) { return one.status != in_progress || !one.unique_name.starts_with(ours); });
        }
        co_return std::move(all);
    }

    task<result<std::size_t>> connected(std::string sid, deadline until) override {
        if (!is_sid(sid, "RM")) {
            co_return failure(twilio_errc::not_found, "not a room's sid");
        }
        const auto all = co_await list_participants(sid, "connected", until);
        if (!all) {
            co_return std::unexpected{all.error()};
        }
        co_return all->size();
    }

    // Twilio lists one status at a time, of a room in progress those who are connected unless asked.
    task<result<std::vector<room_participant>>> participants(std::string sid, deadline until) override {
        if (!is_sid(sid, "RM")) {
            co_return failure(twilio_errc::not_found, "not a room's sid");
        }
        auto all = co_await list_participants(sid, "connected", until);
        if (!all) {
            co_return std::move(all);
        }
        // In this order: who leaves between the two is in both, and not in none.
        auto gone = co_await list_participants(sid, "disconnected", until);
        if (!gone) {
            co_return std::move(gone);
        }
        for (auto& one : *gone) {
            std::erase_if(*all, [&](const auto& known) { return known.sid == one.sid; });
            all->push_back(std::move(one));
        }
        co_return std::move(all);
    }

    task<result<>> remove(std::string sid, std::string participant, deadline until) override {
        if (!api_.who().complete()) {
            co_return failure(twilio_errc::not_configured);
        }
        if (!is_sid(sid, "RM") || !is_sid(participant, "PA")) {
            co_return failure(twilio_errc::not_found, "not a sid");
        }
        const auto answer = co_await api_.post("/v1/Rooms/" + sid + "/Participants/" + participant,
                                               "Status=disconnected", deadline::max(), until);
        if (!answer.response || !is_success(*answer.response)) {
            auto why = judge(answer);
            if (why.code != twilio_errc::not_found) {
                co_return std::unexpected{std::move(why)};
            }
        }
        co_return result<>{};
    }

    task<result<>> complete(std::string sid, deadline until) override {
        if (!api_.who().complete()) {
            co_return failure(twilio_errc::not_configured);
        }
        if (!is_sid(sid, "RM")) {
            co_return failure(twilio_errc::not_found, "not a room's sid");
        }
        const auto answer = co_await api_.post("/v1/Rooms/" + sid, "Status=completed", deadline::max(), until);
        const bool done = answer.response &&
                          (is_success(*answer.response) || read_error(answer.response->body).code == room_has_ended);
        if (!done) {
            co_return std::unexpected{judge(answer)};
        }
        co_return result<>{};
    }

private:
    task<result<std::vector<room_participant>>> list_participants(std::string sid, std::string_view status,
                                                                  deadline until) {
        auto path = "/v1/Rooms/" + sid + "/Participants?Status=" + std::string{status} + "&PageSize=100";
        co_return co_await pages<room_participant>(std::move(path), read_participant_page, until);
    }

    template <class Item>
    task<result<std::vector<Item>>> pages(std::string path, std::optional<page<Item>> (*read)(std::string_view),
                                          deadline until) {
        if (!api_.who().complete()) {
            co_return failure(twilio_errc::not_configured);
        }
        std::vector<Item> all;
        auto answer = co_await api_.get(std::move(path), until);
        for (std::size_t count = 1;; ++count) {
            if (!answer.response || !is_success(*answer.response)) {
                co_return std::unexpected{judge(answer)};
            }
            auto one = read(answer.response->body);
            if (!one) {
                co_return failure(twilio_errc::bad_answer);
            }
            std::ranges::move(one->items, std::back_inserter(all));
            if (one->next.empty()) {
                co_return std::move(all);
            }
            if (count == most_pages) {
                co_return failure(twilio_errc::bad_answer, "the list has no end");
            }
            answer = co_await api_.follow(std::move(one->next), until);
        }
    }

    api api_;
    room_options room_;
};

}  // namespace

std::string room_form(const room_options& options, std::string_view name) {
    form body;
    body.add("UniqueName", name)
        .add("Type", "group")
        .add("MaxParticipants", std::to_string(options.max_participants))
        .add("UnusedRoomTimeout", std::to_string(options.unused_room_timeout.count()))
        .add("EmptyRoomTimeout", std::to_string(options.empty_room_timeout.count()))
        .add("MediaRegion", options.media_region)
        .add("RecordParticipantsOnConnect", "false");
    if (!options.status_callback.empty()) {
        body.add("StatusCallback", options.status_callback);
    }
    return body.str();
}

bool is_room_name(std::string_view name) noexcept {
    constexpr std::size_t longest = 128;
    return !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
    });
}

std::unique_ptr<rooms> make_rooms(https::client& client, account_gate& gate, rooms_options options) {
    return std::make_unique<rest_rooms>(client, gate, std::move(options));
}

}  // namespace punctual::net::twilio
