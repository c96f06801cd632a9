#pragma once
// One attempt at one delivery on one provider, from composing to a judged outcome. The lane
// (lane.hpp) decides what is attempted and when; a sender only how.

#include "domain/delivery.hpp"
#include "net/async/task.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace punctual::jobs {

// What the attempt says of the provider, for its gate.
enum class provider_sign : std::uint8_t {
    none,           // it was not asked (skipped, expired)
    answered,       // it works, whatever it said of this message
    failed,         // refused, reset, timed out, 5xx
    misconfigured,  // our credentials, certificate, sender or template
    busy,           // 429: hold for `hold`
    crowded,        // it was not asked, because as many as may be were asking already
};

struct attempt {
    domain::outcome outcome;
    provider_sign sign = provider_sign::none;
    std::chrono::seconds hold{};
};

class sender {
public:
    virtual ~sender() = default;
    [[nodiscard]] virtual net::task<attempt> send(const domain::claimed_delivery& what) = 0;
    [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;
    [[nodiscard]] virtual const std::vector<domain::channel>& channels() const noexcept = 0;

    // Told once for each delivery that is not skipped, when its message is handed to the provider's client.
    using on_handed_over = std::function<void(const domain::delivery_id&)>;
    void tell(on_handed_over listener) { told_ = std::move(listener); }

protected:
    void handing_over(const domain::claimed_delivery& what) const {
        if (told_) {
            told_(what.id);
        }
    }

private:
    on_handed_over told_;
};

}  // namespace punctual::jobs
