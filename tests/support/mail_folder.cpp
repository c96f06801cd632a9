#include "support/mail_folder.hpp"

#include "domain/utf8.hpp"

#include <boost/json.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace punctual::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::int64_t unix_seconds(wall_time at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

// JSON is UTF-8: a broken byte stands as what every reader makes of it.
json::string text_of(std::string_view raw) {
    return json::string{domain::utf8::repair(raw)};
}

fs::path new_folder() {
    std::string name = fs::temp_directory_path() / "mails-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{"no folder for mails"};
    }
    return name;
}

}  // namespace

mail_folder::mail_folder(const fs::path& kept) : path_{kept.empty() ? new_folder() : kept}, kept_{!kept.empty()} {
    fs::create_directories(path_);
}

mail_folder::~mail_folder() {
    if (!kept_) {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
}

void mail_folder::add(const expectation& wanted, const domain::claimed_delivery& what, wall_time now,
                      std::string_view mail) {
    std::ofstream{path_ / (wanted.name + ".eml"), std::ios::binary} << mail;
    const bool telehealth = what.what.session_type == domain::session_type::telehealth;
    const bool to_clinic = what.recipient.id == 0;
    json::object one{
        {"file", wanted.name + ".eml"},
        {"language", wanted.language},
        {"kind", wanted.kind},
        {"clinic", text_of(wanted.clinic)},
        {"role", std::string{domain::to_string(what.recipient_role)}},
        {"to_name", text_of(to_clinic ? wanted.clinic : what.recipient.full_name)},
        {"to_address", to_clinic ? "hello@clinic.example" : what.recipient.email},
        {"patient", text_of(what.patient_name)},
        {"telehealth", telehealth},
        {"location", text_of(what.what.location)},
        {"link", telehealth ? "https://app.clinic.example/video-session/" + what.room_name : std::string{}},
        {"starts", unix_seconds(what.what.starts_at)},
        {"minutes", what.what.duration.count()},
        {"zone", what.recipient.time_zone.empty() ? "Australia/Sydney" : what.recipient.time_zone},
        {"now", unix_seconds(now)},
        {"version", what.version},
        {"appointment", what.appointment},
        {"id", what.id},
        {"thread", what.thread},
        {"before", nullptr},
    };
    if (what.before) {
        one["before"] =
            json::object{{"starts", unix_seconds(what.before->starts_at)}, {"minutes", what.before->duration.count()}};
    }
    if (!wanted.shape.empty()) {
        one["shape"] = wanted.shape;
    }
    wanted_.push_back(json::serialize(one));
}

void mail_folder::write_wanted() const {
    std::ofstream out{path_ / "wanted.json", std::ios::binary};
    const char* between = "[";
    for (const auto& one : wanted_) {
        out << between << one << '\n';
        between = ",";
    }
    out << "]\n";
}

mail_folder::verdict mail_folder::read_with_python() {
    write_wanted();
    // The system's interpreter, whatever stands before it in PATH: the packages are its own.
    const std::string readers = PUNCTUAL_SOURCE_DIR "/tests/readers/";
    const auto command = "export PYTHONIOENCODING=utf-8 PYTHONDONTWRITEBYTECODE=1; { /usr/bin/python3 " + readers +
                         "read_mails.py " + path_.string() + " | /usr/bin/python3 " + readers + "check_facts.py " +
                         path_.string() + " python; } 2>&1";
    verdict out;
    auto* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) {
        return out;
    }
    std::array<char, 4'096> block{};
    for (auto got = std::fread(block.data(), 1, block.size(), pipe); got > 0;
         got = std::fread(block.data(), 1, block.size(), pipe)) {
        out.said.append(block.data(), got);
    }
    out.good = ::pclose(pipe) == 0;
    return out;
}

}  // namespace punctual::test
