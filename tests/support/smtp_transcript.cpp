#include "support/smtp_transcript.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace punctual::test {
namespace smtp = net::smtp;

smtp_turn client_says(std::string text) {
    return {smtp_turn::kind::client, std::move(text)};
}
smtp_turn server_says(std::string text) {
    return {smtp_turn::kind::server, std::move(text)};
}
smtp_turn tls_starts() {
    return {smtp_turn::kind::tls, {}};
}
smtp_turn certificate_refused() {
    return {smtp_turn::kind::tls_refused, {}};
}
smtp_turn connection_drops() {
    return {smtp_turn::kind::drop, {}};
}
smtp_turn write_breaks(std::string text, std::size_t taken) {
    return {smtp_turn::kind::break_write, std::move(text), taken};
}
smtp_turn seconds_pass(std::size_t seconds) {
    return {smtp_turn::kind::time, {}, seconds};
}

smtp_transcript operator+(smtp_transcript first, const smtp_transcript& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

std::size_t server_bytes(const smtp_transcript& turns) {
    std::size_t sum = 0;
    for (const auto& turn : turns) {
        sum += turn.what == smtp_turn::kind::server ? turn.text.size() : 0;
    }
    return sum;
}

bool transcript_player::play(smtp::protocol& session) {
    for (;;) {
        while (at_ < turns_.size() && turns_[at_].what == smtp_turn::kind::time) {
            now_ += std::chrono::seconds{turns_[at_++].taken};
        }
        const auto step = session.next(now_);
        if (step.kind == smtp::action_kind::idle || step.kind == smtp::action_kind::closed) {
            return step.kind == smtp::action_kind::idle;
        }
        if (at_ == turns_.size()) {
            ADD_FAILURE() << "the transcript is over and the session goes on, writing \"" << step.bytes << '"';
            return false;
        }
        if (!do_next(session, step)) {
            return false;
        }
    }
}

bool transcript_player::do_next(smtp::protocol& session, const smtp::action& step) {
    using enum smtp_turn::kind;
    const auto& turn = turns_[at_];
    if (step.kind == smtp::action_kind::write && (turn.what == client || turn.what == break_write)) {
        EXPECT_EQ(step.bytes, turn.text);
        ++at_;
        if (turn.what == client) {
            session.written();
        } else {
            session.lost("connection broken", turn.taken, false);
        }
        return step.bytes == turn.text || turn.what == break_write;
    }
    if (step.kind == smtp::action_kind::read && turn.what == server) {
        feed(session);
        return true;
    }
    if (step.kind == smtp::action_kind::read && turn.what == drop) {
        ++at_;
        session.lost("connection broken", 0, false);
        return true;
    }
    if (step.kind == smtp::action_kind::start_tls && (turn.what == tls || turn.what == tls_refused)) {
        ++at_;
        if (turn.what == tls) {
            session.tls_started();
        } else {
            session.lost("certificate refused", 0, true);
        }
        return true;
    }
    ADD_FAILURE() << "turn " << at_ << " (\"" << turn.text << "\"): the session asks for action "
                  << static_cast<int>(step.kind) << " \"" << step.bytes << '"';
    return false;
}

void transcript_player::feed(smtp::protocol& session) {
    const std::string_view text{turns_[at_].text};
    auto length = std::min(text.size() - offset_, longest_);
    if (cut_ > fed_ && cut_ != never) {
        length = std::min(length, cut_ - fed_);
    }
    // Out of a buffer of its own size: a read past its end is one that a sanitizer sees.
    const std::vector<char> piece(text.begin() + static_cast<std::ptrdiff_t>(offset_),
                                  text.begin() + static_cast<std::ptrdiff_t>(offset_ + length));
    fed_ += length;
    offset_ += length;
    if (offset_ == text.size()) {
        offset_ = 0;
        ++at_;
    }
    session.received({piece.data(), piece.size()});
}

}  // namespace punctual::test
