#include "net/twilio/form.hpp"

#include "domain/percent_encoding.hpp"

namespace punctual::net::twilio {

form& form::add(std::string_view name, std::string_view value) {
    if (!text_.empty()) {
        text_ += '&';
    }
    text_ += domain::percent_encode(name) + "=" + domain::percent_encode(value);
    return *this;
}

}  // namespace punctual::net::twilio
