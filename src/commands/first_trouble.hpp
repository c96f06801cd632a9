#pragma once
// Why the database cannot be spoken to. Its client goes on trying for ever and says why in the log alone; a command
// that ends by itself takes the first reason for the last word.

#include "net/log/logger.hpp"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace punctual::commands {

class first_trouble final : public net::logger {
public:
    void write(net::log_level, std::string_view event, std::initializer_list<net::log_field> fields) override;

    // "" while there is none. It names the server, and never holds a password.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

    // Called once, from within the client.
    std::function<void()> on_trouble;

private:
    std::string why_;
};

}  // namespace punctual::commands
