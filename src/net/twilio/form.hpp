#pragma once
// application/x-www-form-urlencoded, for bodies and query strings. A space is %20 and a plus %2B: both are
// read alike by every decoder, which '+' is not.

#include <string>
#include <string_view>

namespace punctual::net::twilio {

class form {
public:
    form& add(std::string_view name, std::string_view value);
    [[nodiscard]] const std::string& str() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace punctual::net::twilio
