#pragma once
// Certificates made at the run of a test, and the server's end of TLS that shows them. A CA, and below it
// a good one for localhost, 127.0.0.1 and ::1, and each kind that a client must refuse.

#include <openssl/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace punctual::test {

// PEM. Keys are P-256, made anew in every process.
struct certificate {
    std::string chain;
    std::string key;
};

enum class certificate_kind { good, expired, not_yet_valid, wrong_host, self_signed, unknown_issuer };

class certificate_authority {
public:
    certificate_authority();
    ~certificate_authority();
    certificate_authority(const certificate_authority&) = delete;
    certificate_authority& operator=(const certificate_authority&) = delete;

    // The CA's own certificate in PEM, and the path of a file with it (removed with this object).
    [[nodiscard]] const std::string& pem() const noexcept { return pem_; }
    [[nodiscard]] std::string file() const { return (directory_ / "ca.pem").string(); }

    [[nodiscard]] certificate issue(certificate_kind kind) const;
    // Writes NAME.pem (chain and key in one) beside the CA's file, for servers that want a path.
    [[nodiscard]] std::string write_pem(const certificate& what, const std::string& name) const;

private:
    struct keys;
    std::unique_ptr<keys> keys_;
    std::string pem_;
    std::filesystem::path directory_;
};

struct free_server_context {
    void operator()(SSL_CTX* context) const noexcept;
};
using server_context = std::unique_ptr<SSL_CTX, free_server_context>;

// A server's SSL_CTX that shows this certificate (also the native handle of an asio::ssl::context).
[[nodiscard]] server_context make_server_context(const certificate& shown);

}  // namespace punctual::test
