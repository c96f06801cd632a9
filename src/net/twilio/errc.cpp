#include "net/twilio/rooms.hpp"

#include <string>

namespace punctual::net::twilio {
namespace {

class twilio_category_type final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "twilio"; }
    std::string message(int value) const override {
        switch (static_cast<twilio_errc>(value)) {
            case twilio_errc::not_configured:
                return "Twilio is not configured";
            case twilio_errc::unavailable:
                return "Twilio is not available";
            case twilio_errc::refused:
                return "Twilio refused";
            case twilio_errc::not_found:
                return "no such room";
            case twilio_errc::bad_answer:
                return "Twilio's answer cannot be read";
        }
        return "unknown Twilio error";
    }
};

}  // namespace

const boost::system::error_category& twilio_category() noexcept {
    static const twilio_category_type category;
    return category;
}

}  // namespace punctual::net::twilio
