#include "sandbox/certificate.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <ctime>
#include <stdexcept>

namespace punctual::sandbox {
namespace {

template <class T, void (*Free)(T*)>
struct deleter {
    void operator()(T* what) const noexcept { Free(what); }
};
struct bio_deleter {
    void operator()(BIO* what) const noexcept { ::BIO_free(what); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY, ::EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, deleter<X509, ::X509_free>>;
using bio_ptr = std::unique_ptr<BIO, bio_deleter>;

void require(bool ok, const char* what) {
    if (!ok) {
        throw std::runtime_error{std::string{"the certificate cannot be made: "} + what};
    }
}

void add_extension(X509* to, X509* issuer, int nid, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    auto* extension = ::X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    require(extension != nullptr, value);
    const bool added = ::X509_add_ext(to, extension, -1) == 1;
    ::X509_EXTENSION_free(extension);
    require(added, value);
}

x509_ptr begin_certificate(EVP_PKEY* key, const char* name) {
    x509_ptr made{::X509_new()};
    require(made != nullptr, "memory");
    std::uint64_t serial = 0;
    require(::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "random serial");
    ::X509_set_version(made.get(), 2);
    ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(made.get()), serial >> 1U);
    // An hour back: a client's clock may be behind.
    ::X509_gmtime_adj(::X509_getm_notBefore(made.get()), -3600);
    ::X509_gmtime_adj(::X509_getm_notAfter(made.get()), 30L * 24 * 3600);
    ::X509_set_pubkey(made.get(), key);
    require(::X509_NAME_add_entry_by_txt(::X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                         reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1,
            name);
    return made;
}

template <class Write>
std::string to_pem(Write write) {
    const bio_ptr memory{::BIO_new(::BIO_s_mem())};
    require(memory != nullptr && write(memory.get()) == 1, "PEM");
    char* data = nullptr;
    const auto length = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(length)};
}

}  // namespace

certificate make_certificate() {
    const key_ptr ca_key{::EVP_EC_gen("P-256")};
    const key_ptr key{::EVP_EC_gen("P-256")};
    require(ca_key && key, "key");

    const auto ca = begin_certificate(ca_key.get(), "punctual-sandbox CA");
    ::X509_set_issuer_name(ca.get(), ::X509_get_subject_name(ca.get()));
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
    require(::X509_sign(ca.get(), ca_key.get(), ::EVP_sha256()) > 0, "signature");

    const auto server = begin_certificate(key.get(), "localhost");
    ::X509_set_issuer_name(server.get(), ::X509_get_subject_name(ca.get()));
    add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(server.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth");
    add_extension(server.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    add_extension(server.get(), ca.get(), NID_subject_key_identifier, "hash");
    add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid");
    require(::X509_sign(server.get(), ca_key.get(), ::EVP_sha256()) > 0, "signature");

    return {to_pem([&](BIO* to) { return ::PEM_write_bio_X509(to, ca.get()); }),
            to_pem([&](BIO* to) { return ::PEM_write_bio_X509(to, server.get()); }), to_pem([&](BIO* to) {
                return ::PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

std::unique_ptr<boost::asio::ssl::context> make_server_context(const certificate& with) {
    namespace ssl = boost::asio::ssl;
    auto made = std::make_unique<ssl::context>(ssl::context::tls_server);
    made->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    made->use_certificate_chain(boost::asio::buffer(with.chain_pem));
    made->use_private_key(boost::asio::buffer(with.key_pem), ssl::context::pem);
    return made;
}

}  // namespace punctual::sandbox
