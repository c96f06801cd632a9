#pragma once
// Asks Twilio what became of a WhatsApp message before an SMS goes in its place. A status callback is made once: it is
// lost when no daemon runs, and never comes when BACKEND_URL cannot be reached.
//
// Whatever is not known says "send": a patient who is reminded twice is better off than one who is not reminded.
// It refuses to hold up what goes beside it: a question has three seconds in all, half of the connections are left to
// messages, and after two that waited in vain none is asked for half a minute, and then one at a time.
// Told to slow down (429), Twilio is not asked; it does not take the SMS either, which asks again at its next try.

#include "domain/delivery.hpp"
#include "net/async/clock.hpp"
#include "net/async/task.hpp"
#include "net/store/store.hpp"
#include "net/twilio/messenger.hpp"

#include <chrono>
#include <cstdint>

namespace punctual::jobs {

enum class silence_verdict : std::uint8_t {
    send,       // it has not arrived, or nobody knows
    arrived,    // skip the SMS
    no_number,  // skip it: no text reaches that number
    opted_out,  // skip it: its owner has said STOP
    later,      // not asked: as many as may be were asking
};

struct silence_answer {
    silence_verdict verdict = silence_verdict::send;
    bool by_twilio = false;  // it has answered
};

class silence_question {
public:
    // `request_time`: for one request to Twilio in all; a question takes no longer than that.
    silence_question(net::twilio::messenger& messenger, net::store& store, net::clock& clock,
                     std::chrono::seconds request_time);

    // What `sms` is to do. At most one request, and none where the row of the WhatsApp message says enough. A final
    // word is written down as its callback would have been, before this answers.
    [[nodiscard]] net::task<silence_answer> ask(const domain::claimed_delivery& sms);

private:
    [[nodiscard]] std::size_t most_at_once() const noexcept;
    [[nodiscard]] net::task<> note(domain::delivery_id whatsapp, net::twilio::listed_message found);

    net::twilio::messenger& messenger_;
    net::store& store_;
    net::clock& clock_;
    std::chrono::seconds time_;
    std::size_t asking_ = 0;
    int unanswered_ = 0;  // one after the other, slowly
    boot_time rests_until_{};
};

}  // namespace punctual::jobs
