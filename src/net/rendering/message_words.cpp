#include "net/rendering/message_words.hpp"

#include <algorithm>

namespace punctual::net::rendering {
namespace {

constexpr std::array<std::string_view, word_count> words{
    "name",        "patient",        "psychologist", "clinic",   "clinic_phone",   "clinic_email", "clinic_address",
    "date",        "short_date",     "time",         "zone",     "when",           "when_short",   "minutes",
    "link",        "address",        "where",        "old_when", "old_when_short", "old_minutes",  "old_address",
    "join_before", "appointment_id", "number",       "message",  "attachments",    "lang"};

constexpr std::array<std::string_view, flag_count> flags{"for_patient",
                                                         "for_psychologist",
                                                         "for_clinic",
                                                         "telehealth",
                                                         "in_person",
                                                         "today",
                                                         "tomorrow",
                                                         "soon",
                                                         "started",
                                                         "moved",
                                                         "changed",
                                                         "has_old",
                                                         "old_telehealth",
                                                         "old_in_person",
                                                         "minutes_changed",
                                                         "place_changed",
                                                         "psychologist_changed",
                                                         "has_name",
                                                         "has_patient",
                                                         "has_psychologist",
                                                         "has_link",
                                                         "has_address",
                                                         "has_old_address",
                                                         "has_clinic_phone",
                                                         "has_clinic_email",
                                                         "has_clinic_address",
                                                         "has_number",
                                                         "has_message",
                                                         "has_attachments"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view wanted) noexcept {
    const auto at = std::ranges::find(names, wanted);
    return at == names.end() ? std::nullopt : std::optional{static_cast<Enum>(at - names.begin())};
}

}  // namespace

std::string_view name_of(word value) noexcept {
    return words[static_cast<std::size_t>(value)];
}
std::string_view name_of(flag value) noexcept {
    return flags[static_cast<std::size_t>(value)];
}
std::optional<word> find_word(std::string_view name) noexcept {
    return find<word>(words, name);
}
std::optional<flag> find_flag(std::string_view name) noexcept {
    return find<flag>(flags, name);
}

}  // namespace punctual::net::rendering
