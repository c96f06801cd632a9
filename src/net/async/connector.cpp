#include "net/async/connector.hpp"

#include "net/async/happy_eyeballs.hpp"
#include "net/async/tls_session.hpp"

#include <utility>

namespace punctual::net {
namespace {

class stream_category_type final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "stream"; }
    std::string message(int value) const override {
        switch (static_cast<stream_errc>(value)) {
            case stream_errc::resolve_failed:
                return "name not resolved";
            case stream_errc::connect_refused:
                return "not connected";
            case stream_errc::timed_out:
                return "timed out";
            case stream_errc::closed:
                return "closed by the peer";
            case stream_errc::reset:
                return "connection broken";
            case stream_errc::tls_refused:
                return "certificate refused";
            case stream_errc::tls_failed:
                return "TLS failed";
            case stream_errc::cancelled:
                return "cancelled";
        }
        return "unknown stream error";
    }
};

class tcp_connector final : public connector {
public:
    tcp_connector(const executor& ex, const std::string& ca_file, std::unique_ptr<resolver> names)
        : executor_{ex}, tls_{ca_file}, names_{std::move(names)} {}

    task<result<std::unique_ptr<byte_stream>>> connect(endpoint to, deadline until) override {
        const auto where = to.host + ":" + std::to_string(to.port);
        auto addresses = co_await names_->resolve(to.host, until);
        if (!addresses) {
            co_return std::unexpected{addresses.error()};
        }
        auto socket = co_await connect_any(executor_, std::move(*addresses), to.port, until);
        if (!socket) {
            auto why = std::move(socket.error());
            why.detail = why.detail.empty() ? where : where + ": " + why.detail;
            co_return std::unexpected{std::move(why)};
        }
        auto stream = make_tcp_stream(std::move(*socket), tls_);
        if (to.security == transport::tls) {
            auto secured = co_await stream->start_tls(to.host, until);
            if (!secured) {
                co_return std::unexpected{std::move(secured.error())};
            }
        }
        co_return std::move(stream);
    }

private:
    executor executor_;
    tls_context tls_;
    std::unique_ptr<resolver> names_;
};

}  // namespace

const boost::system::error_category& stream_category() noexcept {
    static const stream_category_type category;
    return category;
}

std::unique_ptr<connector> make_connector(boost::asio::io_context& context, const std::string& ca_file,
                                          std::unique_ptr<resolver> names) {
    return std::make_unique<tcp_connector>(context.get_executor(), ca_file, std::move(names));
}

std::unique_ptr<connector> make_connector(boost::asio::io_context& context, const std::string& ca_file) {
    return make_connector(context, ca_file, std::make_unique<resolver>(context.get_executor()));
}

}  // namespace punctual::net
