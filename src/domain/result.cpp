#include "domain/result.hpp"

namespace punctual {

std::string error::message() const {
    if (detail.empty()) {
        return code.message();
    }
    return code ? detail + " (" + code.message() + ")" : detail;
}

}  // namespace punctual
