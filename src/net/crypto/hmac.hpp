#pragma once
// Keyed hashes (RFC 2104), hashes and comparison in constant time, on OpenSSL's EVP. Nothing else of
// cryptography is done by hand here; TLS is in src/net/async.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace punctual::net {

enum class digest : std::uint8_t { sha1, sha256 };

// The key is set up once; each mac() costs about a microsecond. Throws std::runtime_error when OpenSSL
// lacks the digest.
class hmac {
public:
    hmac(digest kind, std::string_view key);
    ~hmac();
    hmac(hmac&&) noexcept;
    hmac& operator=(hmac&&) noexcept;

    // The raw bytes: 20 of SHA-1, 32 of SHA-256.
    [[nodiscard]] std::string mac(std::string_view text) const;

private:
    struct keyed;
    std::unique_ptr<keyed> own_;
};

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

// Takes the same time whatever the texts hold; their lengths are not secret.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace punctual::net
