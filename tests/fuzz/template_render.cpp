// Whole messages with hostile words in them (src/net/rendering), and a clinic's own template texts. Input,
// separated by 0x1e: a byte of shape, then name, address, place, room name, template text.

#include "domain/plain_text.hpp"
#include "domain/utf8.hpp"
#include "net/log/logger.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/rendering/email_address.hpp"
#include "net/rendering/gsm7.hpp"
#include "net/rendering/template_syntax.hpp"
#include "support/mail_reader.hpp"

namespace punctual::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now{std::chrono::seconds{1'796'086'800}};

const net::rendering::composer& composer() {
    static const auto silence = net::make_null_logger();
    static const auto made = [] {
        net::rendering::composer_settings settings;
        settings.clinic_name = "Harbour Clinic";
        settings.clinic_email = "hello@clinic.example";
        settings.clinic_phone = "(02) 9000 0000";
        settings.clinic_address = "1 Example Street, Sydney";
        settings.from = "no-reply@clinic.example";
        settings.whatsapp_freeform = true;
        settings.reminders = {"reminder_24h", "reminder_1h", "reminder_15m"};
        auto built = net::rendering::make_composer(std::move(settings), *silence);
        require(built.has_value(), "the program's own templates can be used");
        return std::move(*built);
    }();
    return *made;
}

domain::claimed_delivery sample(std::uint8_t shape) {
    using domain::kind;
    domain::claimed_delivery what;
    constexpr std::array kinds{kind::confirmation, kind::cancellation, kind::reschedule, kind::staff_alert};
    what.kind = (shape & 4U) != 0 ? domain::reminder_kind(shape & 3U) : kinds[shape & 3U];
    what.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    what.appointment = 123;
    what.what.starts_at = now + 26h;
    what.what.session_type = (shape & 8U) != 0 ? domain::session_type::in_person : domain::session_type::telehealth;
    what.useless_after = what.what.ends_at();
    what.room_name = "apt-123-1796000000-abc123de";
    what.recipient.id = 7;
    what.recipient.email = "jane@example.com";
    what.recipient.phone = "0412 345 678";
    what.recipient.full_name = what.patient_name = what.psychologist_name = "Jane";
    what.what.location = "1 Street";
    if (what.kind == kind::reschedule) {
        what.before = what.what;
        what.before->starts_at -= 1h;
    }
    if ((shape & 16U) != 0) {
        what.recipient_role = what.recipient.role = domain::role::psychologist;
    }
    return what;
}

std::ptrdiff_t tags(std::string_view html) {
    return std::ranges::count(html, '<') + std::ranges::count(html, '>');
}

// Of one message with hostile words and of the same with tame ones.
void compare(const domain::claimed_delivery& hostile, const domain::claimed_delivery& tame) {
    const auto mail = composer().compose_mail(hostile, now);
    const auto plain = composer().compose_mail(tame, now);
    require(mail.has_value() == plain.has_value(), "words do not decide whether there is a mail");
    if (!mail) {
        return;
    }
    require(mail->to == plain->to && mail->from == plain->from, "nor where it goes");
    const auto read = read_mail(mail->message);
    const auto other = read_mail(plain->message);
    require(read.headers.size() == other.headers.size(), "nor which headers it has");
    for (std::size_t i = 0; i < read.headers.size(); ++i) {
        require(read.headers[i].first == other.headers[i].first, "nor their order");
    }
    require(read.header("Subject") == other.header("Subject") || hostile.recipient_role != domain::role::patient,
            "a lock screen shows no name");
    const auto& parts = read.parts.at(0).parts.empty() ? read.parts : read.parts.at(0).parts;
    const auto& others = other.parts.at(0).parts.empty() ? other.parts : other.parts.at(0).parts;
    require(parts.size() == others.size(), "nor its parts");
    require(tags(parts.at(1).body) == tags(others.at(1).body), "a name brings no tag into HTML");
    if (parts.size() == 3) {
        const auto lines = read_calendar(parts[2].body);
        const auto others_lines = read_calendar(others[2].body);
        require(std::ranges::equal(lines, others_lines, {}, &calendar_line::name, &calendar_line::name),
                "nor a property into an invitation");
    }
}

void check_text(domain::claimed_delivery what, domain::channel by) {
    what.channel = by;
    const auto text = composer().compose_text(what, now);
    if (!text) {
        return;
    }
    require(text->to == "+61412345678", "a text goes to the number that it goes to");
    require(!text->body.empty() && domain::utf8::repair(text->body) == text->body, "a text is text");
    require(!text->body.contains('\r') && !text->body.contains('\0'), "of lines");
    if (by == domain::channel::sms) {
        require(net::rendering::sms_segments(text->body) >= 1, "and is billed");
    }
}

void check_template(std::string_view text) {
    net::rendering::template_names names;
    names.is_variable = [](std::string_view name) { return name == "name" || name == "link"; };
    names.is_flag = [](std::string_view name) { return name == "soon"; };
    names.partial = [](std::string_view name) {
        return name == "foot" ? std::optional{net::rendering::template_partial{.path = "foot", .text = "{{name}}\n"}}
                              : std::nullopt;
    };
    const auto expanded = net::rendering::expand_template(text, names);
    if (!expanded) {
        require(expanded.error().starts_with("line "), "a mistake names its line");
        return;
    }
    require(!expanded->contains("{{{") || text.contains("{{{") || text.contains('{'), "no raw tag is made");
    require(!expanded->contains("{{>") && !expanded->contains("{{="), "partials and delimiters are gone");
}

}  // namespace

void try_input(std::string_view bytes) {
    fields input{bytes};
    const auto shape = input.byte();
    auto hostile = sample(shape);
    auto tame = sample(shape);
    hostile.recipient.full_name = hostile.patient_name = hostile.psychologist_name = std::string{input.next()};
    const auto address = input.next();
    hostile.what.location = std::string{input.next()};
    hostile.room_name = std::string{input.next()};
    hostile.cancellation_reason = hostile.recipient.full_name;
    if (hostile.before) {
        hostile.before->location = hostile.what.location;
    }
    // Words that are none leave their sentences out.
    if (domain::clean_line(hostile.recipient.full_name).empty()) {
        tame.recipient.full_name = tame.patient_name = tame.psychologist_name = {};
    }
    if (domain::clean_line(hostile.what.location).empty()) {
        tame.what.location.clear();
        if (tame.before) {
            tame.before->location.clear();
        }
    }
    if (hostile.room_name.empty()) {
        tame.room_name.clear();
    }
    compare(hostile, tame);
    check_text(hostile, domain::channel::sms);
    check_text(hostile, domain::channel::whatsapp);

    auto elsewhere = sample(shape);
    elsewhere.recipient.email = std::string{address};
    const auto mail = composer().compose_mail(elsewhere, now);
    const bool can = net::rendering::mailable(address).has_value();
    require(mail.has_value() == can, "an address is mailed if it can be");
    if (mail) {
        require(read_mail(mail->message).count("To") == 1, "to one recipient");
    }
    check_template(input.next());
}

}  // namespace punctual::fuzz
