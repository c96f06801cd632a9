#include "net/async/tls_session.hpp"

#include "net/async/byte_stream.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include <sys/socket.h>

namespace punctual::net {
namespace {

// OpenSSL's own socket BIO uses write(2), which raises SIGPIPE; this one is send(2) with MSG_NOSIGNAL.
int socket_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool would_block() noexcept {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bio_write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && would_block()) {
        BIO_set_retry_write(bio);
    }
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), 0);
    if (got < 0 && would_block()) {
        BIO_set_retry_read(bio);
    }
    if (got == 0) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    }
    return static_cast<int>(got);
}

long bio_ctrl(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    switch (command) {
        case BIO_CTRL_FLUSH:
            return 1;
        case BIO_CTRL_EOF:
            return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
        default:
            return 0;
    }
}

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

const BIO_METHOD* socket_method() {
    // One for the process, as OpenSSL's own methods are.
    static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> method = [] {
        std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> made{
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "punctual socket"), BIO_meth_free};
        BIO_meth_set_write(made.get(), bio_write);
        BIO_meth_set_read(made.get(), bio_read);
        BIO_meth_set_ctrl(made.get(), bio_ctrl);
        BIO_meth_set_create(made.get(), bio_create);
        return made;
    }();
    return method.get();
}

struct free_ssl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
struct free_context {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};

std::string library_text() {
    const auto code = ERR_peek_last_error();
    const auto* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    return reason != nullptr ? reason : "unknown error";
}

// OpenSSL finds a root by its hash in such a folder ("1a2b3c4d.0"), c_rehash(1).
bool is_hashed(const std::filesystem::path& folder) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::error_code ec;
    for (std::filesystem::directory_iterator at{folder, ec}; !ec && at != std::filesystem::directory_iterator{};
         at.increment(ec)) {
        const auto name = at->path().filename().string();
        if (name.size() == 10 && name.ends_with(".0") && name.find_first_not_of(hex) == 8) {
            return true;
        }
    }
    return false;
}

// By hash where that works: the bundle is well over a hundred certificates to parse and keep, of which a
// daemon needs two. A system without a root store is told by the first handshake; ca_file may be all that
// is needed.
void use_system_roots(SSL_CTX* context) {
    const bool told = std::getenv(X509_get_default_cert_file_env()) != nullptr ||
                      std::getenv(X509_get_default_cert_dir_env()) != nullptr;
    if (!told && is_hashed(X509_get_default_cert_dir())) {
        SSL_CTX_set_default_verify_dir(context);
    } else {
        SSL_CTX_set_default_verify_paths(context);
    }
}

int chunk(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

struct tls_session::state {
    std::unique_ptr<SSL, free_ssl> ssl;

    // After a call that did not succeed; `system` is errno right after it.
    [[nodiscard]] result<tls_progress> judge(int returned, int system) const {
        switch (SSL_get_error(ssl.get(), returned)) {
            case SSL_ERROR_WANT_READ:
                return tls_progress{tls_step::want_read, 0};
            case SSL_ERROR_WANT_WRITE:
                return tls_progress{tls_step::want_write, 0};
            case SSL_ERROR_ZERO_RETURN:
                return failure(stream_errc::closed);
            case SSL_ERROR_SYSCALL:
                return failure(stream_errc::reset,
                               system != 0 ? boost::system::system_category().message(system) : "connection lost");
            default:
                break;
        }
        // A TCP end without close_notify: somebody may have cut the rest off.
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
            return failure(stream_errc::reset, "TLS was cut off without close_notify");
        }
        return failure(stream_errc::tls_failed, "TLS: " + library_text());
    }
};

tls_session::tls_session() = default;
tls_session::~tls_session() = default;
tls_session::tls_session(tls_session&&) noexcept = default;
tls_session& tls_session::operator=(tls_session&&) noexcept = default;

result<tls_step> tls_session::handshake() {
    auto* ssl = state_->ssl.get();
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_do_handshake(ssl);
    if (returned == 1) {
        return tls_step::done;
    }
    auto judged = state_->judge(returned, errno);
    const auto verified = SSL_get_verify_result(ssl);
    if (!judged && judged.error().code == stream_errc::tls_failed && verified != X509_V_OK) {
        return failure(stream_errc::tls_refused, refusal_text(verified));
    }
    if (!judged && judged.error().code == stream_errc::closed) {
        return failure(stream_errc::tls_failed, "TLS: the peer closed during the handshake");
    }
    if (!judged) {
        return std::unexpected{judged.error()};
    }
    return judged->step;
}

result<tls_progress> tls_session::read(std::span<char> into) {
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_read(state_->ssl.get(), into.data(), chunk(into.size()));
    if (returned > 0) {
        return tls_progress{tls_step::done, static_cast<std::size_t>(returned)};
    }
    return state_->judge(returned, errno);
}

result<tls_progress> tls_session::write(std::string_view bytes) {
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_write(state_->ssl.get(), bytes.data(), chunk(bytes.size()));
    if (returned > 0) {
        return tls_progress{tls_step::done, static_cast<std::size_t>(returned)};
    }
    return state_->judge(returned, errno);
}

bool tls_session::is_quiet() {
    char byte = 0;
    ERR_clear_error();
    // Takes in session tickets and key updates on its way; only data and an end are news.
    const int returned = SSL_peek(state_->ssl.get(), &byte, 1);
    return returned <= 0 && SSL_get_error(state_->ssl.get(), returned) == SSL_ERROR_WANT_READ;
}

void tls_session::say_goodbye() noexcept {
    if (SSL_is_init_finished(state_->ssl.get()) != 0) {
        ERR_clear_error();
        SSL_shutdown(state_->ssl.get());
        ERR_clear_error();
    }
}

struct tls_context::state {
    std::unique_ptr<SSL_CTX, free_context> context;
};

tls_context::tls_context(const std::string& ca_file) : state_{std::make_unique<state>()} {
    ERR_clear_error();
    state_->context.reset(SSL_CTX_new(TLS_client_method()));
    auto* context = state_->context.get();
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        throw std::runtime_error{"OpenSSL cannot be set up: " + library_text()};
    }
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    use_system_roots(context);
    if (!ca_file.empty() && SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
        throw std::runtime_error{"the CA file " + ca_file + " cannot be read as PEM certificates: " + library_text()};
    }
    ERR_clear_error();
}

tls_context::~tls_context() = default;

result<tls_session> tls_context::open(int socket, const std::string& host) const {
    auto state = std::make_unique<tls_session::state>();
    state->ssl.reset(SSL_new(state_->context.get()));
    auto* ssl = state->ssl.get();
    auto* bio = ssl != nullptr ? BIO_new(socket_method()) : nullptr;
    if (bio == nullptr) {
        return failure(stream_errc::tls_failed, "TLS: " + library_text());
    }
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    SSL_set_bio(ssl, bio, bio);
    boost::system::error_code not_literal;
    const auto literal = boost::asio::ip::make_address(host, not_literal);
    bool named = false;
    if (not_literal) {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        named =
            !host.empty() && SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    } else {
        // RFC 6066 §3: no server name indication for addresses.
        named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), literal.to_string().c_str()) == 1;
    }
    if (!named) {
        return failure(stream_errc::tls_failed, "TLS: the host's name cannot be verified");
    }
    SSL_set_connect_state(ssl);
    tls_session session;
    session.state_ = std::move(state);
    return session;
}

std::string refusal_text(long verify_result) {
    switch (verify_result) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "the certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "the certificate is not yet valid";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the certificate is for another host";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "the certificate is self-signed";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "the certificate's issuer is unknown";
        default:
            return std::string{"the certificate is refused: "} + X509_verify_cert_error_string(verify_result);
    }
}

}  // namespace punctual::net
