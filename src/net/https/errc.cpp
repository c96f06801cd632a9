#include "net/https/errc.hpp"

#include <string>

namespace punctual::net::https {
namespace {

class https_category_type final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "https"; }
    std::string message(int value) const override {
        switch (static_cast<https_errc>(value)) {
            case https_errc::not_connected:
                return "no connection";
            case https_errc::no_turn:
                return "no connection was free in time";
            case https_errc::held:
                return "held";
            case https_errc::certificate_refused:
                return "certificate refused";
            case https_errc::lease_lost:
                return "the lease was over";
            case https_errc::cancelled:
                return "cancelled";
            case https_errc::bad_request:
                return "request not fit to be sent";
            case https_errc::timed_out:
                return "no answer in time";
            case https_errc::lost:
                return "connection lost";
            case https_errc::bad_answer:
                return "answer not usable";
        }
        return "unknown https error";
    }
};

}  // namespace

const boost::system::error_category& https_category() noexcept {
    static const https_category_type category;
    return category;
}

}  // namespace punctual::net::https
