#pragma once
// A real SMTP server from Debian's packages, started for one test (tests/support/*_server.py).

#include "support/server_process.hpp"
#include "support/test_certificates.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

namespace punctual::test {

class mail_server {
public:
    enum class kind : std::uint8_t { aiosmtpd, postfix };

    mail_server(kind which, const certificate_authority& authority) {
        const auto pem = authority.write_pem(authority.issue(certificate_kind::good), "server");
        const auto* const script = which == kind::postfix ? "postfix_server.py" : "aiosmtpd_server.py";
        process_.emplace(std::vector<std::string>{std::string{PUNCTUAL_SOURCE_DIR "/tests/support/"} + script,
                                                  directory_.path.string(), pem});
        std::istringstream line{process_->read_line()};
        std::string word;
        if (!(line >> word >> starttls_port_ >> tls_port_) || word != "ready") {
            throw std::runtime_error{"the mail server is not ready"};
        }
    }

    [[nodiscard]] std::uint16_t starttls_port() const noexcept { return starttls_port_; }
    [[nodiscard]] std::uint16_t tls_port() const noexcept { return tls_port_; }

    struct stored_mail {
        std::string envelope;  // MAIL FROM and its options, then a recipient a line
        std::string content;   // the bytes that came, doubled dots taken back
    };
    // The next mail to arrive; throws when there is none within 30 s.
    [[nodiscard]] stored_mail next_mail() {
        const auto line = process_->read_line();
        if (!line.starts_with("mail ")) {
            throw std::runtime_error{"the mail server said: " + line};
        }
        const auto name = line.substr(5);
        return {read(name + ".env"), read(name + ".eml")};
    }

private:
    struct temporary_directory {
        std::filesystem::path path;
        temporary_directory() {
            auto name = (std::filesystem::temp_directory_path() / "punctual-mail-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr) {
                throw std::runtime_error{"mkdtemp failed"};
            }
            path = name;
        }
        ~temporary_directory() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
        temporary_directory(const temporary_directory&) = delete;
        temporary_directory& operator=(const temporary_directory&) = delete;
    };

    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file{directory_.path / name, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    temporary_directory directory_;
    std::optional<server_process> process_;  // ends before its directory goes
    std::uint16_t starttls_port_ = 0;
    std::uint16_t tls_port_ = 0;
};

}  // namespace punctual::test
