#pragma once
// A whole clinic for a system test: a private Postgres, the sandbox for Twilio and the mail server, and the
// daemon itself, told nothing but by SQL. Everything is on free ports and ends with the test.

#include "support/private_postgres.hpp"
#include "support/program.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::test {

// A message as it arrived at the far end.
struct arrival {
    std::string channel;
    std::string to;
    std::string subject;
    std::string body;
    std::string delivery;  // our id, as the far end saw it
    std::string kind;      // looked up in punctual.delivery
    std::chrono::system_clock::time_point at;
};

struct http_answer {
    int status = 0;
    std::string body;
};

class clinic {
public:
    // `toml`: what the configuration file holds beside what the clinic needs.
    explicit clinic(std::string toml);
    ~clinic();

    // Returns when /readyz says 200; throws with the daemon's output when it does not within 20 s.
    void start();
    // Starts and does not wait.
    void launch();
    // A second daemon on the same database, with these variables over the clinic's; it is not waited for.
    [[nodiscard]] std::unique_ptr<program> launch_another(const program::environment& variables) const;
    // SIGTERM; the exit code.
    int stop();
    void kill();
    [[nodiscard]] program& daemon() { return *daemon_; }
    [[nodiscard]] private_postgres& postgres() { return postgres_; }
    // More or other variables for the next start().
    program::environment environment;

    std::string sql(std::string_view text) const { return postgres_.psql(text, "clinic"); }
    // For a session of one's own (sql_session), where one asks often.
    [[nodiscard]] std::string database() const { return postgres_.conninfo("clinic"); }
    // Each gives back the id.
    std::int64_t add_patient(std::string_view name = "Robin", bool texts = true);
    std::int64_t add_psychologist(bool texts = true);
    // Starts `ahead` from now.
    std::int64_t book(std::int64_t patient, std::int64_t psychologist, std::chrono::milliseconds ahead);

    // All that has arrived, in that order; fetched from where the last call ended.
    [[nodiscard]] const std::vector<arrival>& arrivals() const;
    // How many messages of that kind and channel ("" for any) have arrived.
    [[nodiscard]] std::size_t count(std::string_view kind, std::string_view channel = "") const;
    [[nodiscard]] bool arrives(std::string_view kind, std::size_t times, std::chrono::milliseconds limit) const;

    [[nodiscard]] http_answer get(std::string_view path, std::int64_t as = 0) const;
    [[nodiscard]] http_answer post(std::string_view path, std::int64_t as = 0) const;
    // The sandbox's control API, in clear; the daemon speaks to its Twilio by HTTPS.
    [[nodiscard]] std::string sandbox_url() const { return "http://127.0.0.1:" + std::to_string(sandbox_port_); }
    [[nodiscard]] http_answer sandbox_get(std::string_view path) const;
    [[nodiscard]] http_answer order(std::string_view json) const;
    http_answer sandbox_post(std::string_view path, std::string_view json) const;
    [[nodiscard]] std::string bearer(std::int64_t person) const;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string program_path(std::string_view name) const;
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
    [[nodiscard]] program::environment whole_environment() const;

private:
    // One page of them; true: there may be more.
    [[nodiscard]] bool fetch_arrivals() const;
    [[nodiscard]] http_answer request(const std::vector<std::string>& arguments) const;

    std::filesystem::path folder_;
    private_postgres postgres_;
    std::unique_ptr<program> sandbox_;
    std::unique_ptr<program> daemon_;
    std::uint16_t port_ = 0;
    std::uint16_t sandbox_port_ = 0;
    std::uint16_t twilio_port_ = 0;
    std::uint16_t smtp_port_ = 0;
    mutable std::vector<arrival> arrivals_;
    mutable std::int64_t seen_ = 0;  // the sandbox's number of the last one
};

// Reminders a few seconds before the start, so that a test sees them all: reminder_24h, _1h, _15m.
[[nodiscard]] std::string compressed_plan(int first_s, int second_s, int third_s);

}  // namespace punctual::test
