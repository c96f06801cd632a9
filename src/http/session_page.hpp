#pragma once
// The page on which the two people of an appointment meet: /video-session/{room} and what it is made of,
// from memory. It knows no appointment and no room: the page asks the API for its token, and everybody may
// load it. A name that is no room's gets the same page with 404, which tells a person what is wrong.

#include "http/message.hpp"
#include "http/site_files.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::http {

struct session_page_settings {
    std::string folder;  // what web/session/build has made
    // What the page is told in config.json.
    std::string clinic_name;
    std::string clinic_phone;
    std::string clinic_email;
    std::string frontend_url;
    std::string backend_url;  // asked by a page that was loaded from the front end's origin
    std::string sign_in_url;
    std::string token_key;       // where the front end keeps its bearer token
    std::string signalling_url;  // in place of Twilio's; empty: Twilio's
    // Whom the page may speak to beside its own origin and the API's (Content-Security-Policy: connect-src).
    std::vector<std::string> connect_hosts;
};

class session_page {
public:
    // Reads the folder. The error is one sentence: which file is missing or wrong.
    [[nodiscard]] static std::expected<session_page, std::string> load(const session_page_settings& settings);

    // Whether a path is the page's to answer.
    [[nodiscard]] static bool owns(std::string_view path) noexcept;
    // Its kept_body lives as long as the page.
    [[nodiscard]] response answer(const request& what) const;

    [[nodiscard]] std::size_t files() const noexcept { return files_.size(); }

private:
    session_page(site_files files, std::string policy) : files_{std::move(files)}, policy_{std::move(policy)} {}

    [[nodiscard]] response send(const request& what, std::string_view name, const site_file& file,
                                unsigned status) const;
    [[nodiscard]] response not_found() const;
    void guard(response& out) const;

    site_files files_;
    std::string policy_;
};

// apt-{id}-{unix seconds}-{8 hex}
[[nodiscard]] bool is_room_name(std::string_view text) noexcept;

}  // namespace punctual::http
