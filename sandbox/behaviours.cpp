#include "sandbox/behaviours.hpp"

#include <algorithm>

namespace punctual::sandbox {
namespace {

// Takes one from the order at `at`: 0 means always.
template <class Orders>
auto take_one(Orders& orders, const typename Orders::iterator& at) {
    auto taken = *at;
    if (at->next == 1) {
        orders.erase(at);
    } else if (at->next != 0) {
        --at->next;
    }
    return taken;
}

template <class Orders, class Matches>
std::optional<typename Orders::value_type> take_first(Orders& orders, Matches matches) {
    const auto at = std::ranges::find_if(orders, matches);
    if (at == orders.end()) {
        return std::nullopt;
    }
    return take_one(orders, at);
}

}  // namespace

void behaviours::refuse_number(const std::string& number, int code) {
    if (code == 0) {
        refused_.erase(number);
    } else {
        refused_[number] = code;
    }
}

void behaviours::clear() {
    *this = {};
}

std::optional<request_fault> behaviours::take_request(std::string_view target, std::string_view method) {
    return take_first(requests_, [&](const request_fault& each) {
        return (each.target == "any" || each.target == target) && (each.method.empty() || each.method == method);
    });
}

std::optional<message_fate> behaviours::take_fate(std::string_view to, domain::channel channel) {
    return take_first(fates_, [&](const message_fate& each) {
        return (each.to.empty() || each.to == to) && (!each.channel || *each.channel == channel);
    });
}

std::optional<smtp_fault> behaviours::take_smtp(smtp_fault::kind point, std::string_view to) {
    return take_first(smtp_,
                      [&](const smtp_fault& each) { return each.what == point && (each.to.empty() || each.to == to); });
}

std::optional<callback_fault> behaviours::take_callback() {
    return take_first(callbacks_, [](const callback_fault&) { return true; });
}

int behaviours::refusal(const std::string& number) const {
    const auto at = refused_.find(number);
    return at == refused_.end() ? 0 : at->second;
}

}  // namespace punctual::sandbox
