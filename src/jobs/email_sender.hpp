#pragma once
// Sends a delivery by e-mail: composes, hands it to the mailer, judges the answer (domain rules §3).

#include "domain/policy.hpp"
#include "jobs/sender.hpp"
#include "net/async/clock.hpp"
#include "net/rendering/composer.hpp"
#include "net/smtp/mailer.hpp"

#include <functional>

namespace punctual::jobs {

// A number in [0, 1): jitter. The simulation seeds it.
using random_fraction = std::function<double()>;

class email_sender final : public sender {
public:
    // `mailer` null: e-mail is not configured, and every delivery is skipped for it. `total_time`: for one mail, from
    // waiting for a connection through greeting, TLS and AUTH to the answer to the dot.
    email_sender(net::smtp::mailer* mailer, const net::rendering::composer& composer, const domain::policy& rules,
                 net::clock& clock, random_fraction random, std::chrono::seconds total_time = std::chrono::minutes{4});

    [[nodiscard]] net::task<attempt> send(const domain::claimed_delivery& what) override;
    [[nodiscard]] std::size_t capacity() const noexcept override;
    [[nodiscard]] const std::vector<domain::channel>& channels() const noexcept override { return channels_; }

private:
    [[nodiscard]] attempt judge(const domain::claimed_delivery& what, net::smtp::mail_outcome answer) const;

    net::smtp::mailer* mailer_;
    const net::rendering::composer& composer_;
    const domain::policy& rules_;
    net::clock& clock_;
    random_fraction random_;
    std::chrono::seconds total_time_;
    std::vector<domain::channel> channels_{domain::channel::email};
};

}  // namespace punctual::jobs
