#pragma once
// A certificate authority and a server certificate for this run, made at start: EC P-256, for localhost,
// 127.0.0.1 and ::1. The private keys never leave the process.

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace punctual::sandbox {

struct certificate {
    std::string ca_pem;
    std::string chain_pem;  // the server's certificate
    std::string key_pem;
};

// Throws std::runtime_error when OpenSSL refuses.
[[nodiscard]] certificate make_certificate();
// For servers: TLS 1.2 and later.
[[nodiscard]] std::unique_ptr<boost::asio::ssl::context> make_server_context(const certificate& with);

}  // namespace punctual::sandbox
