#pragma once
// Sends a delivery by WhatsApp or SMS through Twilio and judges the answer (domain rules §3, §4). When
// an earlier attempt's outcome is unknown it asks Twilio first whether the message is already there, and the
// database whose it is: several may have gone to one number. Before an SMS goes in a WhatsApp message's place it asks
// what became of that (silence_question.hpp).

#include "domain/policy.hpp"
#include "jobs/email_sender.hpp"
#include "jobs/silence_question.hpp"
#include "net/store/inbox.hpp"
#include "net/store/store.hpp"
#include "net/twilio/messenger.hpp"

namespace punctual::jobs {

class text_sender final : public sender {
public:
    // `messenger` null: texts are not configured, and every delivery is skipped for it.
    // `inbox`: told of numbers that a provider refuses because of a STOP; null: nobody is. `request_time`: for one
    // request in all.
    text_sender(net::twilio::messenger* messenger, const net::rendering::composer& composer,
                const domain::policy& rules, net::store& store, net::clock& clock, random_fraction random,
                net::inbox* inbox = nullptr, std::chrono::seconds request_time = std::chrono::seconds{15});

    [[nodiscard]] net::task<attempt> send(const domain::claimed_delivery& what) override;
    [[nodiscard]] std::size_t capacity() const noexcept override;
    [[nodiscard]] const std::vector<domain::channel>& channels() const noexcept override { return channels_; }

private:
    [[nodiscard]] attempt judge(const domain::claimed_delivery& what, net::twilio::text_outcome answer) const;
    // What became of the attempt whose answer was lost; nullopt: nothing, it is to be sent.
    [[nodiscard]] net::task<std::optional<attempt>> look_up(const domain::claimed_delivery& what,
                                                            const net::twilio::text_message& message);
    // Why an SMS does not go that a WhatsApp message makes needless, or useless; nullopt: it goes.
    [[nodiscard]] net::task<std::optional<attempt>> in_vain_for(const domain::claimed_delivery& what,
                                                                std::string number);
    [[nodiscard]] net::task<std::optional<attempt>> look_up_former(const domain::claimed_delivery& what);
    [[nodiscard]] attempt cannot_be_asked(const domain::claimed_delivery& what, std::string why) const;
    [[nodiscard]] attempt reconciled(const domain::claimed_delivery& what, net::twilio::listed_message found) const;

    net::twilio::messenger* messenger_;
    const net::rendering::composer& composer_;
    const domain::policy& rules_;
    net::store& store_;
    net::clock& clock_;
    random_fraction random_;
    net::inbox* inbox_;
    std::chrono::seconds request_time_;
    std::optional<silence_question> silence_;  // none: texts are not configured
    std::vector<domain::channel> channels_{domain::channel::whatsapp, domain::channel::sms};
};

}  // namespace punctual::jobs
