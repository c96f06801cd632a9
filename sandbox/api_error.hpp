#pragma once
// A refusal as Twilio words it: HTTP status, Twilio's code, one sentence.

#include <expected>
#include <string>
#include <utility>

namespace punctual::sandbox {

struct api_error {
    unsigned status = 400;
    int code = 0;
    std::string message;
};

template <class T = void>
using api_result = std::expected<T, api_error>;

[[nodiscard]] inline std::unexpected<api_error> refuse(int code, std::string message, unsigned status = 400) {
    return std::unexpected{api_error{status, code, std::move(message)}};
}

}  // namespace punctual::sandbox
