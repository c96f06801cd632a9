#include "net/async/fault_point.hpp"

#ifdef PUNCTUAL_FAULT_POINTS

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace punctual::net {
namespace {

struct armed_fault {
    std::string name;
    int passings_left = 0;
    int signal = SIGKILL;
};

[[noreturn]] void refuse(std::string_view what) {
    const auto line = "PUNCTUAL_FAULT: \"" + std::string{what} + "\" is not name:count:kill or name:count:stop\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(2);
}

armed_fault read_fault(std::string_view text) {
    const auto first = text.find(':');
    const auto second = text.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
        refuse(text);
    }
    armed_fault made{.name = std::string{text.substr(0, first)}};
    const auto count = text.substr(first + 1, second - first - 1);
    const auto [end, wrong] = std::from_chars(count.data(), count.data() + count.size(), made.passings_left);
    const auto action = text.substr(second + 1);
    if (!is_fault_place(made.name) || wrong != std::errc{} || end != count.data() + count.size() ||
        made.passings_left < 1 || (action != "kill" && action != "stop")) {
        refuse(text);
    }
    made.signal = action == "kill" ? SIGKILL : SIGSTOP;
    return made;
}

std::vector<armed_fault>& armed() {
    static std::vector<armed_fault> all = [] {
        std::vector<armed_fault> read;
        const char* given = std::getenv("PUNCTUAL_FAULT");
        std::string_view rest = given != nullptr ? given : "";
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            read.push_back(read_fault(rest.substr(0, comma)));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        }
        return read;
    }();
    return all;
}

void pass(std::string_view name) {
    for (auto& one : armed()) {
        if (one.name == name && one.passings_left > 0 && --one.passings_left == 0) {
            ::kill(::getpid(), one.signal);
        }
    }
}

}  // namespace

void fault_point(fault_name name) noexcept {
    pass(name.text());
}

void fault_point(std::string_view subject, std::string_view stage) noexcept {
    if (!armed().empty()) {
        pass(std::string{subject} + "." + std::string{stage});
    }
}

void statement_fault_point(std::string_view sql, std::string_view stage) noexcept {
    constexpr std::string_view opening = "/* ";
    constexpr std::string_view closing = " */";
    if (sql.starts_with(opening)) {
        fault_point(sql.substr(opening.size(), sql.find(closing) - opening.size()), stage);
    }
}

bool fault_awaits(fault_name name) noexcept {
    return std::ranges::any_of(armed(),
                               [&](const auto& one) { return one.name == name.text() && one.passings_left == 1; });
}

}  // namespace punctual::net

#endif
