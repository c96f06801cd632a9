#include "domain/pre_send.hpp"

#include "domain/moments.hpp"
#include "domain/planted_bug.hpp"

#include <algorithm>
#include <cctype>

namespace punctual::domain {
namespace {

bool blank(const std::string& text) noexcept {
    return std::ranges::all_of(text, [](unsigned char letter) { return std::isspace(letter) != 0; });
}

bool within(wall_time when, wall_time now, std::chrono::seconds distance) noexcept {
    return plus(when, distance) >= now && when <= plus(now, distance);
}

std::chrono::seconds fallback_after(const claimed_delivery& what, const policy& rules, wall_time now) noexcept {
    if (is_reminder(what.kind)) {
        const auto index = reminder_index(what.kind);
        return index < rules.reminders.size() ? rules.reminders[index].fallback_after : rules.notice_fallback_near;
    }
    const auto near = within(what.what.starts_at, now, rules.notice_near) ||
                      (what.before && within(what.before->starts_at, now, rules.notice_near));
    return near ? rules.notice_fallback_near : rules.notice_fallback_far;
}

}  // namespace

bool configured_channels::has(channel which) const noexcept {
    switch (which) {
        case channel::email:
            return email;
        case channel::whatsapp:
            return whatsapp;
        case channel::sms:
            return sms;
    }
    return false;
}

std::optional<reason> pre_send_check(const claimed_delivery& what, const policy& rules, wall_time now,
                                     const configured_channels& configured) noexcept {
    const auto& to = what.recipient;
    if (to.id == 0) {
        // The clinic has no settings of its own; whether there is a channel at all holds for it too.
        return !configured.has(what.channel) ? std::optional{reason::channel_not_configured}
               : rules.shadow                ? std::optional{reason::shadow}
                                             : std::nullopt;
    }
    if (!to.active) {
        return reason::inactive;
    }
    if (is_reminder(what.kind) && what.recipient_role == role::patient && !to.reminders_enabled) {
        return reason::reminders_disabled;
    }
    if (what.channel == channel::email) {
        if (!to.email_enabled) {
            return reason::email_disabled;
        }
        if (blank(to.email)) {
            return reason::no_address;
        }
    } else {
        if (!to.texts_enabled && !planted_bug::is(planted_bug::mistake::consent_not_checked)) {
            return reason::no_consent;
        }
        if (to.opted_out) {
            return reason::opted_out;
        }
        if (blank(to.phone)) {
            return reason::no_address;
        }
    }
    if (!configured.has(what.channel)) {
        return reason::channel_not_configured;
    }
    if (is_reminder(what.kind) && now >= plus(what.what.starts_at, rules.last_reminder_grace)) {
        return reason::already_started;
    }
    return rules.shadow ? std::optional{reason::shadow} : std::nullopt;
}

std::optional<wall_time> fallback_at(const claimed_delivery& what, const policy& rules,
                                     wall_time accepted_at) noexcept {
    if (what.channel != channel::whatsapp || planted_bug::is(planted_bug::mistake::fallback_forgotten)) {
        return std::nullopt;
    }
    const auto at = plus(accepted_at, fallback_after(what, rules, accepted_at));
    if (at >= what.useless_after) {
        return std::nullopt;
    }
    return at;
}

}  // namespace punctual::domain
