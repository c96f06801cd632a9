#include "support/clinic.hpp"

#include "domain/base64.hpp"
#include "net/crypto/hmac.hpp"
#include "support/server_process.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view secret_key = "the-secret-key-of-the-front-end";
constexpr const char* account = "AC0123456789abcdef0123456789abcdef";

std::filesystem::path make_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "punctual-clinic-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error{"no temporary folder can be made"};
    }
    return pattern;
}

// "2026-11-22T15:17:24.400930Z"
std::chrono::system_clock::time_point read_time(const std::string& text) {
    const auto number = [&](std::size_t at, std::size_t length) {
        int value = 0;
        std::from_chars(text.data() + at, text.data() + at + length, value);
        return value;
    };
    const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                          std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                          std::chrono::day{static_cast<unsigned>(number(8, 2))}};
    return std::chrono::sys_days{day} + std::chrono::hours{number(11, 2)} + std::chrono::minutes{number(14, 2)} +
           std::chrono::seconds{number(17, 2)} + std::chrono::microseconds{number(20, 6)};
}

std::string text_of(const boost::json::object& from, std::string_view key) {
    const auto* at = from.if_contains(key);
    return at != nullptr && at->is_string() ? std::string{at->as_string()} : std::string{};
}

std::map<std::string, std::string> read_pairs(const std::filesystem::path& path) {
    std::map<std::string, std::string> pairs;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) {
        const auto equals = line.find('=');
        pairs[line.substr(0, equals)] = line.substr(equals + 1);
    }
    return pairs;
}

}  // namespace

clinic::clinic(std::string toml) : folder_{make_folder()} {
    postgres_.create_database("clinic");
    std::ofstream{folder_ / "punctual.toml"} << toml;

    port_ = find_free_port();
    const auto ports = folder_ / "ports";
    sandbox_ = std::make_unique<program>(std::vector<std::string>{program_path("punctual-sandbox"),
                                                                  "--http-port",
                                                                  "0",
                                                                  "--https-port",
                                                                  "0",
                                                                  "--smtp-port",
                                                                  "0",
                                                                  "--ports-file",
                                                                  ports.string(),
                                                                  "--ca-out",
                                                                  (folder_ / "ca.pem").string(),
                                                                  "--smtp-user",
                                                                  "clinic",
                                                                  "--smtp-password",
                                                                  "password",
                                                                  "--message-step",
                                                                  "20ms",
                                                                  "--room-minutes-as",
                                                                  "1s",
                                                                  "--inbound-url",
                                                                  "http://127.0.0.1:" + std::to_string(port_) +
                                                                      "/api/webhooks/twilio/messages/inbound/"},
                                         program::environment{}, folder_ / "sandbox.log");
    if (!becomes_true([&] { return read_pairs(ports).contains("SMTP_PORT"); }, 20s)) {
        throw std::runtime_error{"the sandbox does not start: " + sandbox_->output()};
    }
    const auto open = read_pairs(ports);
    sandbox_port_ = static_cast<std::uint16_t>(std::stoi(open.at("HTTP_PORT")));
    twilio_port_ = static_cast<std::uint16_t>(std::stoi(open.at("HTTPS_PORT")));
    smtp_port_ = static_cast<std::uint16_t>(std::stoi(open.at("SMTP_PORT")));

    program migrate{{program_path("punctuald"), "migrate"}, whole_environment(), folder_ / "migrate.log"};
    if (migrate.wait(30s) != 0) {
        throw std::runtime_error{"migrate failed: " + migrate.output()};
    }
}

clinic::~clinic() {
    daemon_.reset();
    sandbox_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string clinic::program_path(std::string_view name) const {
    return std::string{PUNCTUAL_BINARY_DIR} + "/" + std::string{name};
}

program::environment clinic::whole_environment() const {
    const auto twilio_url = "https://localhost:" + std::to_string(twilio_port_);
    program::environment all{
        {"PATH", "/usr/bin:/bin"},
        {"DATABASE_URL", postgres_.uri("clinic")},
        {"PORT", std::to_string(port_)},
        {"SECRET_KEY", std::string{secret_key}},
        {"BACKEND_URL", "http://127.0.0.1:" + std::to_string(port_)},
        {"FRONTEND_URL", "https://front.example"},
        {"CLINIC_NAME", "Harbour Psychology"},
        {"CLINIC_EMAIL", "desk@harbour.example"},
        {"TWILIO_ACCOUNT_SID", account},
        {"TWILIO_AUTH_TOKEN", "sandbox-auth-token"},
        {"TWILIO_API_KEY", "SK0123456789abcdef0123456789abcdef"},
        {"TWILIO_API_SECRET", "sandbox-api-secret"},
        {"TWILIO_API_BASE_URL", twilio_url},
        {"TWILIO_VIDEO_BASE_URL", twilio_url},
        {"TWILIO_CA_FILE", (folder_ / "ca.pem").string()},
        {"TWILIO_WHATSAPP_FROM", "whatsapp:+14155238886"},
        {"TWILIO_SMS_FROM", "+61480000000"},
        {"TWILIO_WHATSAPP_FREEFORM", "true"},
        {"EMAIL_HOST", "localhost"},
        {"EMAIL_PORT", std::to_string(smtp_port_)},
        {"EMAIL_CA_FILE", (folder_ / "ca.pem").string()},
        {"EMAIL_HOST_USER", "clinic"},
        {"EMAIL_HOST_PASSWORD", "password"},
        {"DEFAULT_FROM_EMAIL", "Harbour Psychology <no-reply@harbour.example>"},
    };
    for (const auto& [name, value] : environment) {
        all[name] = value;
    }
    return all;
}

void clinic::launch() {
    daemon_ = std::make_unique<program>(
        std::vector<std::string>{program_path("punctuald"), "serve", "--config", (folder_ / "punctual.toml").string()},
        whole_environment(), folder_ / "daemon.log");
}

std::unique_ptr<program> clinic::launch_another(const program::environment& variables) const {
    auto with = whole_environment();
    for (const auto& [name, value] : variables) {
        with[name] = value;
    }
    return std::make_unique<program>(
        std::vector<std::string>{program_path("punctuald"), "serve", "--config", (folder_ / "punctual.toml").string()},
        with, folder_ / "other.log");
}

void clinic::start() {
    launch();
    const bool ready = becomes_true([&] { return !daemon_->running() || get("/readyz").status == 200; }, 20s);
    if (!ready || !daemon_->running()) {
        throw std::runtime_error{"the daemon does not get ready: " + daemon_->output()};
    }
}

int clinic::stop() {
    daemon_->signal(SIGTERM);
    return daemon_->wait(60s).value_or(-1);
}

void clinic::kill() {
    daemon_->signal(SIGKILL);
    static_cast<void>(daemon_->wait(10s));
}

std::int64_t clinic::add_patient(std::string_view name, bool texts) {
    return std::stoll(sql("insert into punctual.person (full_name, email, phone, role, texts_enabled) values ('" +
                          std::string{name} + "', 'robin@patient.example', '0491 570 156', 'patient', " +
                          (texts ? "true" : "false") + ") returning id"));
}

std::int64_t clinic::add_psychologist(bool texts) {
    return std::stoll(
        sql(std::string{"insert into punctual.person (full_name, email, phone, role, texts_enabled) values ('Dr Sam', "
                        "'sam@harbour.example', '0491 570 157', 'psychologist', "} +
            (texts ? "true" : "false") + ") returning id"));
}

std::int64_t clinic::book(std::int64_t patient, std::int64_t psychologist, std::chrono::milliseconds ahead) {
    return std::stoll(sql("insert into punctual.appointment (patient_id, psychologist_id, starts_at) values (" +
                          std::to_string(patient) + ", " + std::to_string(psychologist) + ", now() + interval '" +
                          std::to_string(ahead.count()) + " milliseconds') returning id"));
}

const std::vector<arrival>& clinic::arrivals() const {
    while (fetch_arrivals()) {
    }
    return arrivals_;
}

bool clinic::fetch_arrivals() const {
    constexpr std::size_t page = 2000;
    const auto answer =
        sandbox_get("/sandbox/messages.json?limit=" + std::to_string(page) + "&since=" + std::to_string(seen_));
    const auto parsed = boost::json::parse(answer.body);
    const auto& messages = parsed.at("messages").as_array();
    if (messages.empty()) {
        return false;
    }
    std::map<std::string, std::string> kinds;
    std::istringstream rows{sql("select id, kind from punctual.delivery")};
    for (std::string line; std::getline(rows, line);) {
        const auto bar = line.find('|');
        kinds[line.substr(0, bar)] = line.substr(bar + 1);
    }
    for (const auto& one : messages) {
        const auto& message = one.as_object();
        arrival made{text_of(message, "channel"),
                     text_of(message, "to"),
                     text_of(message, "subject"),
                     text_of(message, "body"),
                     text_of(message, "delivery"),
                     {},
                     read_time(text_of(message, "received_at"))};
        made.kind = kinds[made.delivery];
        arrivals_.push_back(std::move(made));
    }
    seen_ = parsed.at("last").to_number<std::int64_t>();
    return messages.size() == page;
}

std::size_t clinic::count(std::string_view kind, std::string_view channel) const {
    std::size_t found = 0;
    for (const auto& one : arrivals()) {
        found += one.kind == kind && (channel.empty() || one.channel == channel) ? 1U : 0U;
    }
    return found;
}

bool clinic::arrives(std::string_view kind, std::size_t times, std::chrono::milliseconds limit) const {
    return becomes_true([&] { return count(kind) >= times; }, limit);
}

std::string clinic::bearer(std::int64_t person) const {
    const auto expires = std::chrono::system_clock::now() + 1h;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count();
    const auto token = domain::to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
                       domain::to_base64url(R"({"token_type":"access","user_id":)" + std::to_string(person) +
                                            R"(,"exp":)" + std::to_string(seconds) + "}");
    return token + "." + domain::to_base64url(net::hmac{net::digest::sha256, secret_key}.mac(token));
}

// curl, so that the far side of the API is a program that is not ours.
http_answer clinic::request(const std::vector<std::string>& arguments) const {
    std::string command = "curl -s --max-time 20 -w '\\n%{http_code}'";
    for (const auto& word : arguments) {
        command += " '" + word + "'";
    }
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> block{};
    for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), pipe)) > 0;) {
        text.append(block.data(), got);
    }
    ::pclose(pipe);
    const auto line = text.rfind('\n');
    return {std::stoi(text.substr(line + 1)), text.substr(0, line)};
}

http_answer clinic::get(std::string_view path, std::int64_t as) const {
    std::vector<std::string> arguments{"http://127.0.0.1:" + std::to_string(port_) + std::string{path}};
    if (as != 0) {
        arguments.insert(arguments.end(), {"-H", "Authorization: Bearer " + bearer(as)});
    }
    return request(arguments);
}

http_answer clinic::post(std::string_view path, std::int64_t as) const {
    return request({"-X", "POST", "-H", "Authorization: Bearer " + bearer(as),
                    "http://127.0.0.1:" + std::to_string(port_) + std::string{path}});
}

http_answer clinic::sandbox_get(std::string_view path) const {
    return request({sandbox_url() + std::string{path}});
}

http_answer clinic::order(std::string_view json) const {
    return sandbox_post("/sandbox/behaviour", json);
}

http_answer clinic::sandbox_post(std::string_view path, std::string_view json) const {
    return request({"-X", "POST", "-H", "Content-Type: application/json", "-d", std::string{json},
                    sandbox_url() + std::string{path}});
}

std::string compressed_plan(int first_s, int second_s, int third_s) {
    const auto rule = [](std::string_view name, int before, std::string_view psychologist) {
        return "[[reminder]]\nname = \"" + std::string{name} + "\"\nbefore = \"" + std::to_string(before) +
               "s\"\npatient = [\"email\", \"whatsapp\"]\npsychologist = [\"" + std::string{psychologist} + "\"]\n";
    };
    return rule("reminder_24h", first_s, "email") + rule("reminder_1h", second_s, "whatsapp") +
           rule("reminder_15m", third_s, "whatsapp") +
           "[timing]\nshort_notice = \"1s\"\nstaff_alert_before = \"1s\"\n[video]\nroom_before = \"" +
           std::to_string(third_s) + "s\"\n";
}

}  // namespace punctual::test
