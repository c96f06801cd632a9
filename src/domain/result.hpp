#pragma once
// Expected failures are values. Every layer has one enumeration of them, registered as a
// Boost.System category; an error also carries one sentence that is safe to log.

#include <boost/system/error_code.hpp>

#include <expected>
#include <string>
#include <utility>

namespace punctual {

struct error {
    boost::system::error_code code;
    // For operators and logs: never a name, an address, a phone, a token or message text.
    std::string detail;

    error() = default;
    error(boost::system::error_code what) : code{what} {}
    error(boost::system::error_code what, std::string why) : code{what}, detail{std::move(why)} {}

    // "detail (code message)", or the message alone.
    [[nodiscard]] std::string message() const;
};

template <class T = void>
using result = std::expected<T, error>;

// `return failure(errc::x, "why")` where a result<T> is expected.
template <class Errc>
[[nodiscard]] std::unexpected<error> failure(Errc code, std::string why = {}) {
    return std::unexpected<error>{error{boost::system::error_code{code}, std::move(why)}};
}

}  // namespace punctual
