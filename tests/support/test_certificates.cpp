#include "support/test_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <fstream>
#include <stdexcept>

#include <stdlib.h>

namespace punctual::test {
namespace {

struct free_openssl {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, free_openssl>;
using x509_ptr = std::unique_ptr<X509, free_openssl>;
using bio_ptr = std::unique_ptr<BIO, free_openssl>;

void check(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error{what};
    }
}

key_ptr make_key() {
    key_ptr key{EVP_EC_gen("P-256")};
    check(key != nullptr, "EVP_EC_gen");
    return key;
}

void extend(X509* to, X509* issuer, int which, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, free_openssl> extension{
        X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str())};
    check(extension != nullptr, "X509V3_EXT_conf_nid");
    check(X509_add_ext(to, extension.get(), -1) == 1, "X509_add_ext");
}

struct wanted {
    std::string name;
    std::string alternatives;  // subjectAltName; empty for a CA
    std::chrono::seconds from;
    std::chrono::seconds until;
};

x509_ptr make_certificate(const wanted& what, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    static std::atomic<long> serial{1};
    x509_ptr made{X509_new()};
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), what.from.count());
    X509_gmtime_adj(X509_getm_notAfter(made.get()), what.until.count());
    X509_set_pubkey(made.get(), key);
    auto* subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(what.name.c_str()),
                               -1, -1, 0);
    auto* by = issuer != nullptr ? issuer : made.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(by));
    extend(made.get(), by, NID_subject_key_identifier, "hash");
    if (what.alternatives.empty()) {
        extend(made.get(), by, NID_basic_constraints, "critical,CA:TRUE");
        extend(made.get(), by, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        extend(made.get(), by, NID_basic_constraints, "critical,CA:FALSE");
        extend(made.get(), by, NID_subject_alt_name, what.alternatives);
    }
    check(X509_sign(made.get(), issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0, "X509_sign");
    return made;
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    const bio_ptr bio{BIO_new(BIO_s_mem())};
    check(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM_write_bio_X509");
    return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
    const bio_ptr bio{BIO_new(BIO_s_mem())};
    check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "PEM_write_bio_PrivateKey");
    return text_of(bio.get());
}

constexpr std::chrono::seconds day{86'400};

}  // namespace

struct certificate_authority::keys {
    key_ptr key = make_key();
    x509_ptr certificate;
};

certificate_authority::certificate_authority() : keys_{std::make_unique<keys>()} {
    keys_->certificate =
        make_certificate({"punctual test CA", {}, -365 * day, 365 * day}, keys_->key.get(), nullptr, nullptr);
    pem_ = pem_of(keys_->certificate.get());
    auto pattern = (std::filesystem::temp_directory_path() / "punctual-ca-XXXXXX").string();
    check(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
    directory_ = pattern;
    std::ofstream{file()} << pem_;
}

certificate_authority::~certificate_authority() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

certificate certificate_authority::issue(certificate_kind kind) const {
    wanted what{"localhost", "DNS:localhost,IP:127.0.0.1,IP:::1", -day, 30 * day};
    if (kind == certificate_kind::expired) {
        what.from = -30 * day;
        what.until = -day;
    }
    if (kind == certificate_kind::not_yet_valid) {
        what.from = day;
    }
    if (kind == certificate_kind::wrong_host) {
        what.name = "elsewhere.example";
        what.alternatives = "DNS:elsewhere.example,IP:192.0.2.1";
    }
    const auto key = make_key();
    if (kind == certificate_kind::self_signed) {
        return {pem_of(make_certificate(what, key.get(), nullptr, nullptr).get()), pem_of(key.get())};
    }
    if (kind == certificate_kind::unknown_issuer) {
        const auto other_key = make_key();
        const auto other = make_certificate({"some other CA", {}, -day, day}, other_key.get(), nullptr, nullptr);
        return {pem_of(make_certificate(what, key.get(), other.get(), other_key.get()).get()), pem_of(key.get())};
    }
    const auto made = make_certificate(what, key.get(), keys_->certificate.get(), keys_->key.get());
    return {pem_of(made.get()), pem_of(key.get())};
}

std::string certificate_authority::write_pem(const certificate& what, const std::string& name) const {
    const auto path = directory_ / (name + ".pem");
    std::ofstream{path} << what.chain << what.key;
    return path.string();
}

void free_server_context::operator()(SSL_CTX* context) const noexcept {
    SSL_CTX_free(context);
}

server_context make_server_context(const certificate& shown) {
    server_context context{SSL_CTX_new(TLS_server_method())};
    const bio_ptr chain{BIO_new_mem_buf(shown.chain.data(), static_cast<int>(shown.chain.size()))};
    const bio_ptr key{BIO_new_mem_buf(shown.key.data(), static_cast<int>(shown.key.size()))};
    const x509_ptr leaf{PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)};
    const key_ptr secret{PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr)};
    check(SSL_CTX_use_certificate(context.get(), leaf.get()) == 1, "SSL_CTX_use_certificate");
    check(SSL_CTX_use_PrivateKey(context.get(), secret.get()) == 1, "SSL_CTX_use_PrivateKey");
    return context;
}

}  // namespace punctual::test
