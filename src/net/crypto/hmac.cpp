#include "net/crypto/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <stdexcept>

namespace punctual::net {
namespace {

struct context_freer {
    void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using context_pointer = std::unique_ptr<EVP_MAC_CTX, context_freer>;

const unsigned char* bytes_of(std::string_view text) noexcept {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL counts in unsigned char
    return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool worked) {
    if (!worked) {
        throw std::runtime_error{"OpenSSL cannot make an HMAC"};
    }
}

}  // namespace

struct hmac::keyed {
    context_pointer context;
};

hmac::hmac(digest kind, std::string_view key) : own_{std::make_unique<keyed>()} {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    require(algorithm != nullptr);
    own_->context.reset(EVP_MAC_CTX_new(algorithm));
    EVP_MAC_free(algorithm);
    std::string name = kind == digest::sha1 ? "SHA1" : "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()), OSSL_PARAM_construct_end()};
    // A null key would mean "keep the old one"; an empty one is a key.
    static constexpr unsigned char none = 0;
    require(own_->context &&
            EVP_MAC_init(own_->context.get(), key.empty() ? &none : bytes_of(key), key.size(), parameters.data()) == 1);
}

hmac::~hmac() = default;
hmac::hmac(hmac&&) noexcept = default;
hmac& hmac::operator=(hmac&&) noexcept = default;

std::string hmac::mac(std::string_view text) const {
    const context_pointer context{EVP_MAC_CTX_dup(own_->context.get())};
    require(context != nullptr);
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    std::size_t size = 0;
    require(EVP_MAC_update(context.get(), bytes_of(text), text.size()) == 1 &&
            EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    require(EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) == 1);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += "0123456789abcdef"[out[i] >> 4U];
        text += "0123456789abcdef"[out[i] & 15U];
    }
    return text;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace punctual::net
