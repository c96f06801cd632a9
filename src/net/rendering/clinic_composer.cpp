#include "net/rendering/clinic_composer.hpp"

#include "domain/icalendar.hpp"
#include "domain/mime.hpp"
#include "domain/plain_text.hpp"
#include "domain/utf8.hpp"
#include "net/rendering/email_address.hpp"
#include "net/rendering/gsm7.hpp"
#include "net/rendering/phone_number.hpp"
#include "net/rendering/settings_check.hpp"
#include "net/rendering/template_set.hpp"
#include "net/rendering/visit_words.hpp"

#include <algorithm>
#include <array>

namespace punctual::net::rendering {
namespace {

using domain::channel;
using domain::claimed_delivery;
using domain::kind;
using domain::role;
using std::unexpected;

constexpr std::size_t most_sms_segments = 2;
// Twilio gives at most 1,600 characters of a text.
constexpr std::size_t longest_inbound_text = 4000;
constexpr std::size_t longest_reply_name = 60;

std::string without_line_ends(std::string text) {
    while (text.ends_with('\n') || text.ends_with(' ')) {
        text.pop_back();
    }
    return text;
}

// Paragraphs that were left out leave no gap: one empty line at most, none at either end.
std::string tidy(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c != '\n' || !(out.empty() || out.ends_with("\n\n"))) {
            out.push_back(c);
        }
    }
    return without_line_ends(std::move(out));
}

// Meta refuses empty variables, line ends and more than four spaces in a row.
std::string content_variable(std::string_view text) {
    std::string out;
    for (const char c : domain::clean_line(text, 500)) {
        if (c != ' ' || !out.ends_with(' ')) {
            out.push_back(c);
        }
    }
    return out.empty() ? "-" : out;
}

class clinic_composer final : public composer {
public:
    clinic_composer(composer_settings settings, template_set templates, std::optional<domain::mailbox> from,
                    logger& log)
        : settings_{std::move(settings)},
          templates_{std::move(templates)},
          from_{std::move(from)},
          words_{settings_, templates_, log} {
        if (from_ && from_->name.empty()) {
            from_->name = settings_.clinic_name;
        }
        clinic_email_ = mailable(settings_.clinic_email);
    }

    std::expected<smtp::mail, domain::reason> compose_mail(const claimed_delivery& what, wall_time now) const override {
        const auto draft = draft_of(what, now);
        if (!draft) {
            return unexpected{draft.error()};
        }
        return smtp::mail{draft->from.address, draft->to.address, domain::write_mail(*draft)};
    }

    std::expected<mail_words, domain::reason> compose_words(const claimed_delivery& what,
                                                            wall_time now) const override {
        auto draft = draft_of(what, now);
        if (!draft) {
            return unexpected{draft.error()};
        }
        return mail_words{.to = std::move(draft->to.address),
                          .subject = std::move(draft->subject),
                          .text = std::move(draft->text),
                          .invitation = draft->calendar.has_value()};
    }

    std::expected<twilio::text_message, domain::reason> compose_text(const claimed_delivery& what,
                                                                     wall_time now) const override {
        auto number = parse_phone(what.recipient.phone, settings_.phone_region);
        if (!number) {
            return unexpected{domain::reason::no_address};
        }
        twilio::text_message out;
        out.channel = what.channel;
        out.to = *std::move(number);
        out.status_callback =
            trimmed_url(settings_.backend_url) + "/api/webhooks/twilio/messages/status/?delivery=" + what.id;
        const auto name = kind_name(what.kind);
        const bool written = !name.empty() && (what.channel == channel::sms ? write_sms(out, name, what, now)
                                                                            : write_whatsapp(out, name, what, now));
        if (!written) {
            return unexpected{domain::reason::channel_not_configured};
        }
        return out;
    }

    std::expected<smtp::mail, domain::reason> compose_forward(const inbound_words& what, wall_time now) const override {
        if (!from_ || !clinic_email_) {
            return unexpected{domain::reason::no_address};
        }
        // The clinic is spoken to as in any other mail to it; the time is the message's.
        claimed_delivery to_clinic;
        to_clinic.kind = kind::staff_alert;
        to_clinic.recipient_role = role::clinic;
        to_clinic.what.session_type = domain::session_type::in_person;
        to_clinic.what.starts_at = what.received_at;
        auto spoken = words_.write(to_clinic, now);
        std::string people;
        for (const auto& person : what.people) {
            people += (people.empty() ? "" : ", ") + domain::clean_line(person);
        }
        spoken.words.set(word::patient, flag::has_patient, people);
        spoken.words.set(word::number, flag::has_number, domain::clean_line(what.number));
        spoken.words.set(word::message, flag::has_message, domain::clean_lines(what.text, longest_inbound_text));
        spoken.words.set(word::attachments, flag::has_attachments,
                         what.attachments == "0" ? std::string{} : domain::clean_line(what.attachments));
        constexpr std::array parts{part::subject, part::text, part::html};
        const auto texts = templates_.render(spoken.language, "inbound", parts, spoken.words);
        domain::mail_draft draft;
        draft.id = "inbound-" + what.key;
        draft.id_domain = domain_of(from_->address);
        draft.from = *from_;
        draft.to = {settings_.clinic_name, *clinic_email_};
        draft.subject = texts[0].value_or("");
        draft.date = now;
        draft.text = tidy(texts[1].value_or(""));
        draft.html = texts[2].value_or("");
        return smtp::mail{from_->address, *clinic_email_, domain::write_mail(draft)};
    }

    std::string confirmation_reply(std::string_view locale) const override {
        auto language = templates_.language_for(locale.empty() ? settings_.locale : locale);
        if (!language) {
            language = templates_.language_for(settings_.locale);
        }
        message_words words;
        words.set(word::clinic, domain::clean_line(settings_.clinic_name, longest_reply_name));
        return without_line_ends(templates_.render(language.value_or("en"), phrase::confirmed, words));
    }

    std::string explain_no_address(const claimed_delivery& what) const override {
        if (what.channel == channel::email) {
            return mail_address(what) ? "" : "the e-mail address is missing or cannot be mailed";
        }
        const auto number = parse_phone(what.recipient.phone, settings_.phone_region);
        if (number) {
            return {};
        }
        switch (number.error()) {
            case phone_fault::missing:
                return "there is no phone number";
            case phone_fault::landline:
                return "the phone is a landline";
            case phone_fault::invalid:
                break;
        }
        return "the phone number is invalid";
    }

private:
    [[nodiscard]] std::expected<domain::mail_draft, domain::reason> draft_of(const claimed_delivery& what,
                                                                             wall_time now) const {
        const auto to = mail_address(what);
        if (!to) {
            return unexpected{domain::reason::no_address};
        }
        const auto name = kind_name(what.kind);
        if (!from_ || name.empty()) {
            return unexpected{domain::reason::channel_not_configured};
        }
        const auto spoken = words_.write(what, now);
        constexpr std::array parts{part::subject, part::text, part::html};
        const auto texts = templates_.render(spoken.language, name, parts, spoken.words);

        domain::mail_draft draft;
        draft.id = what.id;
        draft.id_domain = domain_of(from_->address);
        draft.thread = what.thread;
        draft.from = *from_;
        draft.to = {spoken.words.get(word::name), *to};
        if (clinic_email_ && *clinic_email_ != from_->address) {
            draft.reply_to = domain::mailbox{settings_.clinic_name, *clinic_email_};
        }
        draft.subject = texts[0].value_or("");
        draft.date = now;
        draft.text = tidy(texts[1].value_or(""));
        draft.html = texts[2].value_or("");
        if (what.recipient_role == role::patient &&
            (what.kind == kind::confirmation || what.kind == kind::reschedule || what.kind == kind::cancellation)) {
            draft.calendar = invitation_for(what, spoken, draft.to, now);
        }
        return draft;
    }

    [[nodiscard]] std::string kind_name(kind value) const {
        if (!domain::is_reminder(value)) {
            return std::string{domain::fixed_kind_names.at(static_cast<std::size_t>(value))};
        }
        const auto index = domain::reminder_index(value);
        // A plan of yesterday: the words are the same.
        return index < settings_.reminders.size() ? settings_.reminders[index] : "reminder";
    }

    [[nodiscard]] std::optional<std::string> mail_address(const claimed_delivery& what) const {
        if (what.recipient.id == 0 && what.recipient.email.empty()) {
            return clinic_email_;
        }
        return mailable(what.recipient.email);
    }

    [[nodiscard]] domain::invitation invitation_for(const claimed_delivery& what, const visit_words::spoken& spoken,
                                                    const domain::mailbox& attendee, wall_time now) const {
        const auto& words = spoken.words;
        const auto domain_name = domain_of(from_->address);
        domain::calendar_event event;
        event.cancelled = what.kind == kind::cancellation;
        event.uid = domain::calendar_uid(what.appointment, domain_name);
        event.sequence = what.version;
        event.stamp = now;
        event.starts_at = what.what.starts_at;
        event.ends_at = what.what.ends_at();
        event.summary = without_line_ends(templates_.render(spoken.language, phrase::calendar_summary, words));
        event.description = without_line_ends(templates_.render(spoken.language, phrase::calendar_description, words));
        event.location = words.get(word::where);
        event.url = words.get(word::link);
        event.organizer = *from_;
        event.attendee = attendee;
        return {event.cancelled ? "CANCEL" : "REQUEST", domain::write_calendar(event)};
    }

    bool write_sms(twilio::text_message& out, const std::string& name, const claimed_delivery& what,
                   wall_time now) const {
        if (!settings_.sms) {
            return false;
        }
        auto spoken = words_.write(what, now);
        // Long names and streets give way before the link does.
        for (const std::size_t limit : {domain::longest_name, std::size_t{60}, std::size_t{30}, std::size_t{16}}) {
            for (const auto which : {word::clinic, word::address, word::old_address}) {
                spoken.words.set(which, domain::utf8::cut(spoken.words.get(which), limit));
            }
            constexpr std::array parts{part::sms};
            const auto text = templates_.render(spoken.language, name, parts, spoken.words).front();
            if (!text) {
                return false;
            }
            out.body = for_sms(without_line_ends(*text));
            if (sms_segments(out.body) <= most_sms_segments) {
                break;
            }
        }
        // Rounded down: it must not arrive after the moment when it is of no more use.
        const auto useful = std::chrono::floor<std::chrono::seconds>(what.useless_after - now);
        out.validity = std::clamp(useful, std::chrono::seconds{1}, std::chrono::seconds{36'000});
        return true;
    }

    bool write_whatsapp(twilio::text_message& out, const std::string& name, const claimed_delivery& what,
                        wall_time now) const {
        if (!settings_.whatsapp) {
            return false;
        }
        const auto spoken = words_.write(what, now);
        const auto* const content =
            settings_.whatsapp_freeform ? nullptr : find_content(name, what.recipient.locale, spoken.language);
        if (content == nullptr) {
            if (!settings_.whatsapp_freeform && !may_write_freely(out.to, what)) {
                return false;
            }
            constexpr std::array parts{part::whatsapp};
            const auto text = templates_.render(spoken.language, name, parts, spoken.words).front();
            if (!text) {
                return false;
            }
            out.body = tidy(*text);
            return true;
        }
        out.content_sid = content->sid;
        const auto names = content->variables.empty() ? default_variables(name) : content->variables;
        int position = 0;
        for (const auto& variable : names) {
            const auto which = find_word(variable);
            out.content_variables[std::to_string(++position)] =
                content_variable(which ? spoken.words.get(*which) : std::string{});
        }
        return true;
    }

    // A reply within a day of what the person wrote to the sender that this goes from.
    [[nodiscard]] bool may_write_freely(const std::string& number, const claimed_delivery& what) const {
        const auto bare = [](std::string_view sender) {
            constexpr std::string_view prefix = "whatsapp:";
            return sender.starts_with(prefix) ? sender.substr(prefix.size()) : sender;
        };
        return std::ranges::any_of(what.conversations, [&](const auto& one) {
            return one.open && one.number == number &&
                   (settings_.whatsapp_from.empty() || bare(one.sender) == bare(settings_.whatsapp_from));
        });
    }

    [[nodiscard]] const content_template* find_content(const std::string& name, const std::string& locale,
                                                       const std::string& language) const {
        const auto languages = settings_.content.find(name);
        if (languages == settings_.content.end()) {
            return nullptr;
        }
        // A person without a locale speaks the clinic's language, not just any.
        for (const auto& wanted : {locale.empty() ? language : locale, language, std::string{}}) {
            const auto found = languages->second.find(wanted);
            if (found != languages->second.end() && !found->second.sid.empty()) {
                return &found->second;
            }
        }
        return nullptr;
    }

    static std::string trimmed_url(std::string_view url) {
        while (url.ends_with('/')) {
            url.remove_suffix(1);
        }
        return std::string{url};
    }

    composer_settings settings_;
    template_set templates_;
    std::optional<domain::mailbox> from_;
    std::optional<std::string> clinic_email_;
    mutable visit_words words_;  // keeps the date formats it has made; one thread only
};

}  // namespace

std::vector<std::string> default_variables(std::string_view kind) {
    if (kind == "cancellation") {
        return {"name", "when"};
    }
    if (kind == "nudge") {
        return {"name", "link"};
    }
    if (kind == "reschedule") {
        return {"name", "old_when", "when", "where"};
    }
    return {"name", "when", "where"};
}

result<std::unique_ptr<composer>> make_composer(composer_settings settings, logger& log) {
    auto from = check_settings(settings);
    if (!from) {
        return unexpected{from.error()};
    }
    auto templates = template_set::load(settings.template_folder, settings.reminders);
    if (!templates) {
        return unexpected{templates.error()};
    }
    if (!templates->language_for(settings.locale)) {
        return failure(composer_errc::unknown_language, "CLINIC_LOCALE: " + settings.locale);
    }
    return std::make_unique<clinic_composer>(std::move(settings), *std::move(templates), *std::move(from), log);
}

}  // namespace punctual::net::rendering
