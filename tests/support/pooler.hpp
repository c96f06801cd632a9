#pragma once
// pgbouncer in front of a private Postgres, on a port of its own; ends with the test.

#include "support/private_postgres.hpp"
#include "support/program.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace punctual::test {

class pooler {
public:
    // `mode`: session, transaction or statement, as pgbouncer's pool_mode spells them. Returns when it accepts
    // connections.
    pooler(const private_postgres& server, std::string_view mode);
    ~pooler();
    pooler(const pooler&) = delete;
    pooler& operator=(const pooler&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string url(std::string_view database) const;

private:
    std::filesystem::path folder_;
    std::uint16_t port_;
    std::unique_ptr<program> process_;
};

}  // namespace punctual::test
