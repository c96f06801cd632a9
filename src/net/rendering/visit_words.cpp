#include "net/rendering/visit_words.hpp"

#include "domain/plain_text.hpp"
#include "domain/session_link.hpp"

#include <array>

namespace punctual::net::rendering {
namespace {

using domain::clean_line;
using domain::kind;
using domain::role;
using domain::session_type;

// Locales come from people's rows; so many can be kept, the rest share their language's.
constexpr std::size_t most_locales = 64;

std::string_view primary(std::string_view locale) noexcept {
    return locale.substr(0, locale.find_first_of("-_"));
}

std::string minutes_of(const domain::visit& what) {
    return std::to_string(what.duration.count());
}

}  // namespace

visit_words::visit_words(const composer_settings& settings, const template_set& templates, logger& log)
    : settings_{settings}, templates_{templates}, log_{log} {}

visit_words::spoken visit_words::write(const domain::claimed_delivery& what, wall_time now) {
    spoken out;
    auto language = templates_.language_for(what.recipient.locale);
    if (what.recipient.locale.empty() || !language) {
        language = templates_.language_for(settings_.locale);
    }
    out.language = language.value_or("en");

    auto& words = out.words;
    const bool to_patient = what.recipient_role == role::patient;
    const bool to_psychologist = what.recipient_role == role::psychologist;
    words.set(flag::for_patient, to_patient);
    words.set(flag::for_psychologist, to_psychologist);
    words.set(flag::for_clinic, !to_patient && !to_psychologist);
    const auto& name = what.recipient.id == 0 ? settings_.clinic_name : what.recipient.full_name;
    words.set(word::name, flag::has_name, clean_line(name));
    words.set(word::patient, flag::has_patient, clean_line(what.patient_name));
    words.set(word::psychologist, flag::has_psychologist, clean_line(what.psychologist_name));
    words.set(word::clinic, clean_line(settings_.clinic_name));
    words.set(word::clinic_phone, flag::has_clinic_phone, clean_line(settings_.clinic_phone));
    words.set(word::clinic_email, flag::has_clinic_email, clean_line(settings_.clinic_email));
    words.set(word::clinic_address, flag::has_clinic_address, clean_line(settings_.clinic_address));
    words.set(word::appointment_id, std::to_string(what.appointment));
    words.set(word::join_before, std::to_string(settings_.join_before.count()));
    words.set(word::lang, out.language);
    write_places(words, what);
    write_times(out, what, now);
    return out;
}

std::string visit_words::address_of(const domain::visit& what) const {
    if (what.session_type != session_type::in_person) {
        return {};
    }
    auto place = clean_line(what.location);
    return place.empty() ? clean_line(settings_.clinic_address) : place;
}

void visit_words::write_places(message_words& words, const domain::claimed_delivery& what) const {
    const bool telehealth = what.what.session_type == session_type::telehealth;
    words.set(flag::telehealth, telehealth);
    words.set(flag::in_person, !telehealth);
    // A room that nobody shall enter any more is not shown.
    const bool joinable = telehealth && what.kind != kind::cancellation;
    const auto link = joinable ? domain::session_link(settings_.frontend_url, what.room_name) : std::string{};
    if (joinable && link.empty()) {
        log_.error("video_link_missing", {{"delivery", what.id}, {"appointment", what.appointment}});
    }
    const auto address = address_of(what.what);
    words.set(word::where, telehealth ? link : address);
    words.set(word::link, flag::has_link, link);
    words.set(word::address, flag::has_address, address);
}

void visit_words::write_times(spoken& out, const domain::claimed_delivery& what, wall_time now) {
    auto& words = out.words;
    const auto& dates = dates_of(out.language, what.recipient.locale);
    const auto say = [&](const local_words& local) {
        words.set(word::date, local.date);
        words.set(word::short_date, local.short_date);
        words.set(word::time, local.time);
        words.set(word::zone, local.zone);
        words.set(flag::today, local.today);
        words.set(flag::tomorrow, local.tomorrow);
    };
    // The same sentences speak of the time before and of the present one.
    if (what.kind == kind::reschedule && what.before) {
        say(local(dates, what, what.before->starts_at, now));
        words.set(word::old_when, templates_.render(out.language, phrase::when, words));
        words.set(word::old_when_short, templates_.render(out.language, phrase::when_short, words));
        words.set(word::old_minutes, minutes_of(*what.before));
        words.set(word::old_address, flag::has_old_address, address_of(*what.before));
        const bool was_telehealth = what.before->session_type == session_type::telehealth;
        words.set(flag::has_old, true);
        words.set(flag::old_telehealth, was_telehealth);
        words.set(flag::old_in_person, !was_telehealth);
        words.set(flag::minutes_changed, what.before->duration != what.what.duration);
        words.set(flag::place_changed, what.before->session_type != what.what.session_type ||
                                           address_of(*what.before) != words.get(word::address));
        // The one thing of which people are told that is no part of a visit.
        words.set(flag::psychologist_changed, *what.before == what.what);
    }
    const bool moved = what.before && what.before->starts_at != what.what.starts_at;
    words.set(flag::moved, moved);
    words.set(flag::changed, !moved);
    say(local(dates, what, what.what.starts_at, now));
    words.set(word::when, templates_.render(out.language, phrase::when, words));
    words.set(word::when_short, templates_.render(out.language, phrase::when_short, words));
    words.set(word::minutes, minutes_of(what.what));
    const bool started = now >= what.what.starts_at;
    words.set(flag::started, started);
    words.set(flag::soon, !started && what.what.starts_at - now <= settings_.soon);
}

local_words visit_words::local(const date_words& dates, const domain::claimed_delivery& what, wall_time at,
                               wall_time now) {
    const auto& own = what.recipient.time_zone;
    if (!own.empty() && what.recipient.id != 0) {
        if (auto said = dates.write(own, at, now)) {
            return *std::move(said);
        }
        log_.warning("unknown_time_zone", {{"person", what.recipient.id}, {"delivery", what.id}});
    }
    return dates.write(settings_.time_zone, at, now).value_or(local_words{});
}

// The words around a date and the words in it are of one language.
const date_words& visit_words::dates_of(const std::string& language, const std::string& wanted) {
    std::string locale = language;
    // "en" alone is no wish for American dates: the clinic's own English is nearer.
    const bool has_region = primary(wanted).size() != wanted.size();
    const std::array candidates{has_region ? &wanted : &settings_.locale, has_region ? &settings_.locale : &wanted};
    for (const auto* const candidate : candidates) {
        if (!candidate->empty() && templates_.language_for(*candidate) == language) {
            locale = *candidate;
            break;
        }
    }
    if (const auto found = dates_.find(locale); found != dates_.end()) {
        return found->second;
    }
    if (dates_.size() >= most_locales || primary(locale).empty()) {
        locale = language;
    }
    return dates_.try_emplace(locale, locale).first->second;
}

}  // namespace punctual::net::rendering
