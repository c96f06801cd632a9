#pragma once
// All message templates, parsed once at start: those in the program, and over them those of the
// clinic's own folder, file by file. What is missing or wrong is an error then, never at a message.
//
//   {language}/{kind}.{part}.mustache       kind: confirmation, reminder, cancellation, reschedule,
//                                           staff_alert, inbound, or the name of one reminder of the plan
//                                           part: subject, text, html, sms, whatsapp
//   {language}/{phrase}.mustache            see `phrase`
//   {language}/partials/{name}.{part}.mustache, shared/partials/{name}.{part}.mustache
//
// A part is escaped as HTML when it is html, and not at all otherwise. Values are never expanded again.

#include "domain/result.hpp"
#include "net/rendering/message_words.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::rendering {

enum class template_errc {
    missing = 1,   // a file that every language must have
    unreadable,    // the clinic's folder or a file in it
    unknown_name,  // a file that no message would ever use
    bad_text,      // mustache that does not parse, or says what no message has
};
[[nodiscard]] boost::system::error_code make_error_code(template_errc value) noexcept;

enum class part : std::uint8_t { subject, text, html, sms, whatsapp };

// Parts of sentences, and what stands in a calendar.
enum class phrase : std::uint8_t { when, when_short, calendar_summary, calendar_description, confirmed };

class template_set {
public:
    // `folder`: the clinic's own files, empty for none. `reminders`: names of the plan, for which
    // there may be templates of their own. The error's detail lists everything that is wrong.
    [[nodiscard]] static result<template_set> load(const std::filesystem::path& folder,
                                                   const std::vector<std::string>& reminders);
    ~template_set();
    template_set(template_set&&) noexcept;
    template_set& operator=(template_set&&) noexcept;

    // The best language for a BCP 47 tag: itself, else its first subtag; nullopt when there is neither.
    [[nodiscard]] std::optional<std::string> language_for(std::string_view locale) const;
    [[nodiscard]] std::vector<std::string> languages() const;

    // One text for each part, in the order asked. `kind` without templates of its own gets those of
    // "reminder"; a part that the kind does not have (staff_alert by SMS) gives nullopt.
    [[nodiscard]] std::vector<std::optional<std::string>> render(const std::string& language, std::string_view kind,
                                                                 std::span<const part> parts,
                                                                 const message_words& words) const;
    [[nodiscard]] std::string render(const std::string& language, phrase which, const message_words& words) const;

private:
    struct parsed;
    explicit template_set(std::unique_ptr<parsed> all);
    std::unique_ptr<parsed> all_;
};

}  // namespace punctual::net::rendering

template <>
struct boost::system::is_error_code_enum<punctual::net::rendering::template_errc> : std::true_type {};
