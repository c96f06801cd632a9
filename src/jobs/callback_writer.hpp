#pragma once
// Writes status callbacks down, as many in one commit as have come while the last one was being made: Twilio
// sends them in bursts, and each is answered only when it is on disk.
//
// There is no job behind it: the first who finds nobody writing writes for all that wait, and hands on to the
// next of those that have come meanwhile.

#include "net/async/clock.hpp"
#include "net/store/store.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace punctual::jobs {

class callback_writer {
public:
    // `sms_written`: called after a commit that put an SMS in the place of a WhatsApp message.
    callback_writer(net::store& store, net::clock& clock, std::function<void()> sms_written)
        : store_{store}, clock_{clock}, sms_written_{std::move(sms_written)} {}

    // Ends when it is committed, or with the database's error; it may have been written all the same then.
    [[nodiscard]] net::task<result<net::callback_effect>> write(net::message_callback what, deadline until);

private:
    struct entry {
        net::message_callback what;
        std::unique_ptr<net::alarm> alarm;  // of one that waits
        bool leads = false;
        std::optional<result<net::callback_effect>> done;
    };
    using batch = std::vector<std::shared_ptr<entry>>;
    struct turn;
    struct answers;

    [[nodiscard]] net::task<> write_waiting();
    [[nodiscard]] net::task<> write_batch(batch these);
    void hand_on();

    net::store& store_;
    net::clock& clock_;
    std::function<void()> sms_written_;
    std::deque<std::shared_ptr<entry>> waiting_;
    bool writing_ = false;
};

}  // namespace punctual::jobs
