#pragma once
// Everything that was delivered here, mails and texts in one numbered log, the newest kept. Pure.
//
// Memory is bounded: small records of the last messages, raw mails up to a total size. A record that
// changes (a text's status) gets a new revision, so that a reader asks for changes alone.

#include "domain/time.hpp"
#include "domain/vocabulary.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::sandbox {

struct delivery {
    std::uint64_t n = 0;  // from 1, never used again
    std::uint64_t revision = 0;
    domain::channel channel = domain::channel::email;
    bool inbound = false;  // from the person to the clinic
    std::string to;        // address or E.164
    std::string from;
    std::string subject;  // mails, decoded
    std::string body;     // texts
    std::string content_sid;
    std::string content_variables;
    std::string delivery_id;  // Message-ID's local part, or delivery= of the StatusCallback
    std::string id;           // Message-ID without <>, or Twilio's sid
    std::string status;       // of a text; "delivered" for mails
    int error_code = 0;
    std::size_t size = 0;  // bytes of the mail or the text
    wall_time received_at{};
};

struct inbox_limits {
    std::size_t records = 200'000;
    std::size_t raw_bytes = 64UL * 1024 * 1024;
};

class inbox {
public:
    explicit inbox(inbox_limits limits = {}) : limits_{limits} {}

    // Sets n and revision; gives back n. `raw`: the mail as it came.
    std::uint64_t add(delivery what, std::string raw = {});
    // No effect when it is forgotten.
    void set_status(std::uint64_t n, std::string_view status, int error_code);
    void clear();

    [[nodiscard]] const delivery* find(std::uint64_t n) const;
    // Empty when forgotten.
    [[nodiscard]] std::string_view raw(std::uint64_t n) const;
    // Numbers above `n`, ascending.
    [[nodiscard]] std::vector<const delivery*> since(std::uint64_t n, std::size_t limit) const;
    // Revisions above `revision`, ascending by revision.
    [[nodiscard]] std::vector<const delivery*> changed_since(std::uint64_t revision, std::size_t limit) const;

    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }
    // Changes when clear() was called: what a reader has is void.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }

private:
    [[nodiscard]] delivery* find_record(std::uint64_t n);
    void forget_oldest();

    inbox_limits limits_;
    std::deque<delivery> records_;  // n ascending without gaps
    std::map<std::uint64_t, std::uint64_t> by_revision_;
    std::map<std::uint64_t, std::string> raw_;
    std::size_t raw_bytes_ = 0;
    std::uint64_t last_ = 0;
    std::uint64_t revision_ = 0;
    std::uint64_t generation_ = 1;
};

}  // namespace punctual::sandbox
