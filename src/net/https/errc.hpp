#pragma once
// How an exchange can fail; above all whether the provider can have seen the request.

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace punctual::net::https {

enum class https_errc : int {
    // Nothing of the request was written.
    not_connected = 1,    // no connection: name, refused, timed out
    no_turn,              // none of ours was free in time: no sign of how the provider is
    held,                 // we were asked to slow down, and nothing was tried
    certificate_refused,  // expired, wrong host, unknown issuer: somebody has to look
    lease_lost,           // it had run out, or was revoked
    cancelled,            // the daemon is stopping
    bad_request,          // ours: a control character in target or header
    // It may have been seen and carried out.
    timed_out,   // no whole answer before the deadline
    lost,        // the connection broke, or we are stopping
    bad_answer,  // not HTTP, cut off, too large
};

const boost::system::error_category& https_category() noexcept;
inline boost::system::error_code make_error_code(https_errc code) noexcept {
    return {static_cast<int>(code), https_category()};
}

// Whether a request that failed so can be repeated without asking.
[[nodiscard]] constexpr bool nothing_written(https_errc code) noexcept {
    return code <= https_errc::bad_request;
}

}  // namespace punctual::net::https

template <>
struct boost::system::is_error_code_enum<punctual::net::https::https_errc> : std::true_type {};
