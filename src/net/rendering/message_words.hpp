#pragma once
// Everything that a template may say, by name, for one message. The lists here are the only names a
// template can use; every message has all of them, so none can render as nothing by mistake. Values
// are clean already, and single lines but for `message`; escaping is the template set's.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace punctual::net::rendering {

enum class word : std::uint8_t {
    name,  // the recipient's
    patient,
    psychologist,
    clinic,
    clinic_phone,
    clinic_email,
    clinic_address,
    date,        // Tuesday 24 November
    short_date,  // Tue 24 Nov
    time,        // 2:30 pm
    zone,        // AEDT
    when,        // the language's own sentence of these four (when.mustache)
    when_short,
    minutes,   // duration
    link,      // to join; "" in a cancellation and in person
    address,   // in person: where
    where,     // link or address
    old_when,  // as it was before: reschedule
    old_when_short,
    old_minutes,
    old_address,
    join_before,  // minutes before the start at which the link opens
    appointment_id,
    number,       // inbound: whom a text came from
    message,      // inbound: the text itself, the one value of several lines
    attachments,  // inbound: how many came with it
    lang,
    count_,
};

enum class flag : std::uint8_t {
    for_patient,
    for_psychologist,
    for_clinic,
    telehealth,
    in_person,
    today,  // in the recipient's zone
    tomorrow,
    soon,  // starts within minutes
    started,
    moved,    // reschedule: another time
    changed,  // reschedule: the same time, something else
    has_old,
    old_telehealth,
    old_in_person,
    minutes_changed,
    place_changed,         // session type or address
    psychologist_changed,  // and nothing else
    has_name,
    has_patient,
    has_psychologist,
    has_link,
    has_address,
    has_old_address,
    has_clinic_phone,
    has_clinic_email,
    has_clinic_address,
    has_number,
    has_message,
    has_attachments,
    count_,
};

inline constexpr std::size_t word_count = static_cast<std::size_t>(word::count_);
inline constexpr std::size_t flag_count = static_cast<std::size_t>(flag::count_);

[[nodiscard]] std::string_view name_of(word value) noexcept;
[[nodiscard]] std::string_view name_of(flag value) noexcept;
[[nodiscard]] std::optional<word> find_word(std::string_view name) noexcept;
[[nodiscard]] std::optional<flag> find_flag(std::string_view name) noexcept;

class message_words {
public:
    void set(word which, std::string value) { words_[static_cast<std::size_t>(which)] = std::move(value); }
    void set(flag which, bool value) { flags_[static_cast<std::size_t>(which)] = value; }
    // The word, and the flag that says whether there is one.
    void set(word which, flag present, std::string value) {
        set(present, !value.empty());
        set(which, std::move(value));
    }
    [[nodiscard]] const std::string& get(word which) const { return words_[static_cast<std::size_t>(which)]; }
    [[nodiscard]] bool get(flag which) const { return flags_[static_cast<std::size_t>(which)]; }

private:
    std::array<std::string, word_count> words_;
    std::array<bool, flag_count> flags_{};
};

}  // namespace punctual::net::rendering
