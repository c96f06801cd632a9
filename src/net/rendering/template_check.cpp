#include "net/rendering/clinic_composer.hpp"
#include "net/rendering/gsm7.hpp"
#include "net/rendering/local_time.hpp"
#include "net/rendering/template_set.hpp"
#include "net/rendering/visit_words.hpp"

#include <array>
#include <set>

namespace punctual::net::rendering {
namespace {

using domain::kind;
using domain::role;
using domain::session_type;

class silent_logger final : public logger {
public:
    void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

constexpr std::string_view sample_room = "apt-123-1790000000-abc123de";
constexpr std::array all_parts{part::subject, part::text, part::html, part::sms, part::whatsapp};
constexpr std::array<std::string_view, 5> part_names{"subject", "text", "html", "sms", "whatsapp"};

struct sample {
    std::string kind_name;
    std::string language;
    domain::claimed_delivery what;
    std::string where_from;  // "en confirmation for patient, telehealth"
};

class checker {
public:
    checker(const composer_settings& settings, const template_set& templates)
        : settings_{settings}, templates_{templates}, words_{settings_, templates_, log_} {}

    std::vector<std::string> run() {
        for (const auto& language : templates_.languages()) {
            for (const auto kind : {kind::confirmation, kind::cancellation, kind::reschedule}) {
                each_audience(language, kind, std::string{domain::fixed_kind_names.at(static_cast<std::size_t>(kind))});
            }
            for (std::size_t i = 0; i < settings_.reminders.size(); ++i) {
                each_audience(language, domain::reminder_kind(i), settings_.reminders[i]);
            }
            for (const auto to : {role::patient, role::psychologist, role::clinic}) {
                check(make(language, kind::nudge, "nudge", to, session_type::telehealth));
            }
            for (const auto type : {session_type::telehealth, session_type::in_person}) {
                check(make(language, kind::staff_alert, "staff_alert", role::clinic, type));
            }
            auto inbound = make(language, kind::staff_alert, "inbound", role::clinic, session_type::in_person);
            inbound.what.what.location.clear();
            check(inbound);
        }
        return {complaints_.begin(), complaints_.end()};
    }

private:
    void each_audience(const std::string& language, kind which, const std::string& name) {
        for (const auto to : {role::patient, role::psychologist, role::clinic}) {
            for (const auto type : {session_type::telehealth, session_type::in_person}) {
                check(make(language, which, name, to, type));
            }
        }
    }

    [[nodiscard]] sample make(const std::string& language, kind which, const std::string& name, role to,
                              session_type type) const {
        using namespace std::chrono_literals;
        sample out{.kind_name = name, .language = language, .what = {}, .where_from = {}};
        auto& what = out.what;
        what.id = "00000000-0000-4000-8000-000000000000";
        what.appointment = 123;
        what.kind = which;
        what.recipient_role = to;
        what.recipient.id = 1;
        what.recipient.role = to;
        what.recipient.full_name = "Sam Sample";
        what.recipient.locale = language;
        what.recipient.time_zone = "Australia/Lord_Howe";  // the longest zone there is
        what.patient_name = "Pat Patient";
        what.psychologist_name = "Dr Lee Listener";
        what.what = {.starts_at = moment + 26h, .duration = 50min, .session_type = type, .location = {}};
        what.room_name = type == session_type::telehealth ? sample_room : std::string_view{};
        if (type == session_type::in_person) {
            what.what.location = "Level 2, 1 Example Street, Sydney NSW 2000";
        }
        if (which == kind::reschedule) {
            what.before = what.what;
            what.before->starts_at += 24h;
        }
        out.where_from =
            language + " " + name + " for " + std::string{to_string(to)} + ", " + std::string{to_string(type)};
        return out;
    }

    void check(const sample& of) {
        const auto spoken = words_.write(of.what, moment);
        const auto texts = templates_.render(of.language, of.kind_name, all_parts, spoken.words);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (texts[i]) {
                check_text(of, spoken.words, i, *texts[i]);
            }
        }
    }

    void check_text(const sample& of, const message_words& words, std::size_t index, const std::string& text) {
        const auto which = all_parts[index];
        const auto complain = [&](const std::string& why) {
            complaints_.insert(of.where_from + ", " + std::string{part_names[index]} + ": " + why);
        };
        if (text.find_first_not_of(" \r\n\t") == std::string::npos) {
            complain("is empty");
        }
        if (text.contains("{{") || text.contains("}}")) {
            complain("shows a tag");
        }
        if (which == part::subject) {
            if (text.contains('\n')) {
                complain("has several lines");
            }
            return;
        }
        const bool cancelled = of.what.kind == kind::cancellation;
        if (const auto& link = words.get(word::link); !link.empty() && !cancelled && !text.contains(link)) {
            complain("does not have the link");
        }
        if (cancelled && text.contains(sample_room)) {
            complain("has a link to a cancelled appointment");
        }
        const auto& address = of.what.what.location;
        if (!address.empty() && !cancelled && !text.contains(address)) {
            complain("does not have the address");
        }
        if (which == part::html &&
            (text.contains("<img") || text.contains("url(") || text.contains("<script") || text.contains("<link"))) {
            complain("loads something from elsewhere");
        }
        if (which == part::sms) {
            const auto sent = for_sms(text);
            if (!is_gsm7(sent)) {
                complain("has characters outside the SMS alphabet");
            }
            if (sms_segments(sent) > 2) {
                complain("is longer than two SMS");
            }
        }
    }

    // Fixed, so that the same templates always get the same answer: 1 December 2026, 01:00 UTC.
    static constexpr wall_time moment{std::chrono::seconds{1'796'086'800}};

    const composer_settings& settings_;
    const template_set& templates_;
    silent_logger log_;
    visit_words words_;
    std::set<std::string> complaints_;
};

}  // namespace

std::vector<std::string> check_templates(const composer_settings& settings) {
    std::vector<std::string> out;
    if (auto zones = zone_data_complaint(); !zones.empty()) {
        out.push_back(std::move(zones));
    }
    silent_logger log;
    if (const auto whole = make_composer(settings, log); !whole) {
        out.push_back(whole.error().message());
        return out;
    }
    const auto templates = template_set::load(settings.template_folder, settings.reminders);
    if (!templates) {
        out.push_back(templates.error().message());
        return out;
    }
    auto found = checker{settings, *templates}.run();
    out.insert(out.end(), found.begin(), found.end());
    return out;
}

}  // namespace punctual::net::rendering
