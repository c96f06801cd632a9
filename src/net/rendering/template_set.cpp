#include "net/rendering/template_set.hpp"

#include "domain/utf8.hpp"
#include "domain/vocabulary.hpp"
#include "net/rendering/template_files.hpp"
#include "net/rendering/template_program.hpp"
#include "net/rendering/template_syntax.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace punctual::net::rendering {
namespace {

constexpr std::array<std::string_view, 5> part_names{"subject", "text", "html", "sms", "whatsapp"};
constexpr std::array<std::string_view, 5> phrase_names{"when", "when_short", "calendar_summary", "calendar_description",
                                                       "confirmed"};
// What every language must have: one set of words for all reminders of the plan.
constexpr auto kinds = [] {
    std::array<std::string_view, domain::fixed_kind_names.size() + 2> names{"reminder", "inbound"};
    std::ranges::copy(domain::fixed_kind_names, names.begin() + 2);
    return names;
}();
// What goes to the clinic goes by mail.
constexpr std::array<std::string_view, 2> mail_kinds{"staff_alert", "inbound"};
constexpr std::string_view extension = ".mustache";

class template_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "templates"; }
    std::string message(int value) const override {
        switch (static_cast<template_errc>(value)) {
            case template_errc::missing:
                return "a template is missing";
            case template_errc::unreadable:
                return "templates cannot be read";
            case template_errc::unknown_name:
                return "a template has a name that no message uses";
            case template_errc::bad_text:
                return "a template is wrong";
        }
        return "unknown template error";
    }
};

template <class Range>
bool among(const Range& values, std::string_view wanted) {
    return std::ranges::find(values, wanted) != std::ranges::end(values);
}

bool same_letters(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

// Where a file belongs, from its path.
struct place {
    std::string folder;  // language, or "shared"
    bool partial = false;
    std::string name;  // kind, phrase or partial
    std::string part;  // "" for a phrase
};

std::optional<place> place_of(std::string_view path) {
    place out;
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    out.folder = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    if (path.starts_with("partials/")) {
        out.partial = true;
        path.remove_prefix(std::string_view{"partials/"}.size());
    }
    path.remove_suffix(extension.size());
    const auto dot = path.rfind('.');
    out.name = path.substr(0, dot);
    out.part = dot == std::string_view::npos ? "" : path.substr(dot + 1);
    const bool known_part = among(part_names, out.part);
    const bool phrase = out.part.empty() && !out.partial && among(phrase_names, out.name);
    if (path.contains('/') || (!known_part && !phrase) || (out.folder == "shared" && !out.partial)) {
        return std::nullopt;
    }
    return out;
}

}  // namespace

boost::system::error_code make_error_code(template_errc value) noexcept {
    static const template_category category;
    return {static_cast<int>(value), category};
}

struct template_set::parsed {
    // One language: "kind.part" or a phrase's name.
    using texts = std::map<std::string, template_program, std::less<>>;
    std::map<std::string, texts, std::less<>> languages;
};

namespace {

// Collects every complaint, so that a clinic mends its folder in one go.
class loader {
public:
    loader(const template_files& files, const std::vector<std::string>& reminders)
        : files_{files}, reminders_{reminders} {}

    template <class Parsed>
    void load_into(Parsed& all) {
        for (const auto& [path, text] : files_) {
            const auto where = place_of(path);
            if (!where || !known_kind(*where)) {
                complain(template_errc::unknown_name, path, "no message uses it");
            } else if (!where->partial) {
                parse(all.languages[where->folder], *where, path, text);
            }
        }
        for (const auto& [language, texts] : all.languages) {
            require_everything(language, texts);
        }
    }
    [[nodiscard]] const std::string& complaints() const noexcept { return complaints_; }
    [[nodiscard]] template_errc first() const noexcept { return first_; }

private:
    [[nodiscard]] bool known_kind(const place& where) const {
        return where.partial || where.part.empty() || among(kinds, where.name) || among(reminders_, where.name);
    }

    template <class Texts>
    void parse(Texts& texts, const place& where, const std::string& path, const std::string& text) {
        if (domain::utf8::repair(text) != text) {
            return complain(template_errc::bad_text, path, "it is not UTF-8");
        }
        const template_names names{.is_variable = [](std::string_view name) { return find_word(name).has_value(); },
                                   .is_flag = [](std::string_view name) { return find_flag(name).has_value(); },
                                   .partial = [&](std::string_view name) { return find_partial(where, name); }};
        auto whole = expand_template(text, names);
        if (!whole) {
            return complain(template_errc::bad_text, path, whole.error());
        }
        template_program made{*whole, where.part == "html" ? escaping::html : escaping::none};
        texts.insert_or_assign(where.part.empty() ? where.name : where.name + "." + where.part, std::move(made));
    }

    [[nodiscard]] std::optional<template_partial> find_partial(const place& where, std::string_view name) const {
        for (const auto* const folder : {where.folder.c_str(), "shared"}) {
            const auto found = files_.find(std::string{folder} + "/partials/" + std::string{name} + "." + where.part +
                                           std::string{extension});
            if (found != files_.end()) {
                return template_partial{.path = found->first, .text = found->second};
            }
        }
        return std::nullopt;
    }

    template <class Texts>
    void require_everything(const std::string& language, const Texts& texts) {
        const auto require = [&](const std::string& name) {
            if (!texts.contains(name)) {
                complain(template_errc::missing, language + "/" + name + std::string{extension}, "it is missing");
            }
        };
        for (const auto name : phrase_names) {
            require(std::string{name});
        }
        for (const auto kind : kinds) {
            for (const auto name : part_names) {
                if (!among(mail_kinds, kind) || (name != "sms" && name != "whatsapp")) {
                    require(std::string{kind} + "." + std::string{name});
                }
            }
        }
    }

    void complain(template_errc what, const std::string& path, const std::string& why) {
        first_ = complaints_.empty() ? what : first_;
        complaints_ += (complaints_.empty() ? "" : "; ") + path + ": " + why;
    }

    const template_files& files_;
    const std::vector<std::string>& reminders_;
    std::string complaints_;
    template_errc first_ = template_errc::bad_text;
};

}  // namespace

template_set::template_set(std::unique_ptr<parsed> all) : all_{std::move(all)} {}
template_set::~template_set() = default;
template_set::template_set(template_set&&) noexcept = default;
template_set& template_set::operator=(template_set&&) noexcept = default;

result<template_set> template_set::load(const std::filesystem::path& folder,
                                        const std::vector<std::string>& reminders) {
    const auto files = read_template_files(folder);
    if (!files) {
        return std::unexpected{files.error()};
    }
    auto all = std::make_unique<parsed>();
    loader work{*files, reminders};
    work.load_into(*all);
    if (!work.complaints().empty()) {
        return failure(work.first(), work.complaints());
    }
    return template_set{std::move(all)};
}

std::optional<std::string> template_set::language_for(std::string_view locale) const {
    for (const auto wanted : {locale, locale.substr(0, locale.find_first_of("-_"))}) {
        for (const auto& [language, texts] : all_->languages) {
            if (same_letters(language, wanted)) {
                return language;
            }
        }
    }
    return std::nullopt;
}

std::vector<std::string> template_set::languages() const {
    std::vector<std::string> out;
    for (const auto& [language, texts] : all_->languages) {
        out.push_back(language);
    }
    return out;
}

std::vector<std::optional<std::string>> template_set::render(const std::string& language, std::string_view kind,
                                                             std::span<const part> parts,
                                                             const message_words& words) const {
    std::vector<std::optional<std::string>> out;
    out.reserve(parts.size());
    const auto& texts = all_->languages.at(language);
    for (const auto which : parts) {
        const auto ending = "." + std::string{part_names[static_cast<std::size_t>(which)]};
        auto found = texts.find(std::string{kind} + ending);
        if (found == texts.end() && !among(kinds, kind)) {
            found = texts.find("reminder" + ending);
        }
        out.push_back(found == texts.end() ? std::nullopt : std::optional{found->second.render(words)});
    }
    return out;
}

std::string template_set::render(const std::string& language, phrase which, const message_words& words) const {
    const auto& texts = all_->languages.at(language);
    return texts.find(phrase_names[static_cast<std::size_t>(which)])->second.render(words);
}

}  // namespace punctual::net::rendering
