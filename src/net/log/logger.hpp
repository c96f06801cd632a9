#pragma once
// One line an event: time, level, event, key=value. A line never holds a name, an address, a phone, a
// token, a link or message text: fields are ids, counts, codes and times. Writing never blocks and
// never fails the caller; what cannot be written is counted.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace punctual::net {

enum class log_level : std::uint8_t { debug, info, warning, error };

struct log_field {
    log_field(std::string_view name, std::string_view text) : key{name}, value{text} {}
    log_field(std::string_view name, const char* text) : key{name}, value{text} {}
    log_field(std::string_view name, const std::string& text) : key{name}, value{text} {}
    template <class Integer>
        requires std::is_integral_v<Integer>
    log_field(std::string_view name, Integer number) : key{name}, value{std::to_string(number)} {}

    std::string_view key;
    std::string value;
};

class logger {
public:
    virtual ~logger() = default;
    // `event`: a constant in snake_case, what an operator greps for.
    virtual void write(log_level level, std::string_view event, std::initializer_list<log_field> fields) = 0;

    void debug(std::string_view event, std::initializer_list<log_field> fields = {}) {
        write(log_level::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<log_field> fields = {}) {
        write(log_level::info, event, fields);
    }
    void warning(std::string_view event, std::initializer_list<log_field> fields = {}) {
        write(log_level::warning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<log_field> fields = {}) {
        write(log_level::error, event, fields);
    }
};

// To stderr, where systemd's journal takes it.
[[nodiscard]] std::unique_ptr<logger> make_stderr_logger(log_level least);
// Drops everything: for tests.
[[nodiscard]] std::unique_ptr<logger> make_null_logger();

}  // namespace punctual::net
