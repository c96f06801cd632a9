#pragma once
// From settings to the options of each part; shared by the daemon and by `punctuald check`.

#include "config/settings.hpp"
#include "http/api.hpp"
#include "http/server.hpp"
#include "http/session_page.hpp"
#include "net/log/logger.hpp"
#include "net/postgres/client.hpp"
#include "net/rendering/composer_settings.hpp"
#include "net/smtp/client.hpp"
#include "net/twilio/connections.hpp"

namespace punctual::wiring {

[[nodiscard]] net::log_level log_level(const config::settings& from) noexcept;
[[nodiscard]] net::postgres::client_options database(const config::settings& from, std::string application_name);
[[nodiscard]] net::smtp::client_options email(const config::settings& from);
[[nodiscard]] net::twilio::connection_options twilio(const config::settings& from);
[[nodiscard]] net::rendering::composer_settings composer(const config::settings& from);
[[nodiscard]] http::api_settings api(const config::settings& from);
[[nodiscard]] http::session_page_settings session_page(const config::settings& from);
// Throws std::runtime_error when systemd passed something that is no listening socket.
[[nodiscard]] http::server_options server(const config::settings& from);

}  // namespace punctual::wiring
