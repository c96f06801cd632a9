#pragma once
// A folder of mails for programs that are not ours (tests/readers): each as a file, and beside them what each
// must say. It never asks our own code what that is.

#include "domain/delivery.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::test {

class mail_folder {
public:
    // A new folder that goes with this; or `kept`, which is made and stays.
    explicit mail_folder(const std::filesystem::path& kept = {});
    ~mail_folder();
    mail_folder(const mail_folder&) = delete;
    mail_folder& operator=(const mail_folder&) = delete;

    struct expectation {
        std::string name;      // of the file, without its ending
        std::string language;  // of the words
        std::string kind;      // "reschedule_moved"
        std::string clinic;    // its name as configured
        std::string shape;     // mails of one shape have the same tags; empty: not compared
    };
    // `what` is the delivery as it was composed at `now`.
    void add(const expectation& wanted, const domain::claimed_delivery& what, wall_time now, std::string_view mail);

    struct verdict {
        bool good = false;
        std::string said;
    };
    // Python's email and its icalendar package read all that was added. Blocks.
    [[nodiscard]] verdict read_with_python();
    // Writes what is wanted, for a reader that is started by somebody else.
    void write_wanted() const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    bool kept_;
    std::vector<std::string> wanted_;  // one JSON object each
};

}  // namespace punctual::test
