#include "net/log/logger.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <mutex>

#include <unistd.h>

namespace punctual::net {
namespace {

// sd-daemon(3): a line that begins with <N> has that syslog priority in the journal.
class stderr_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit stderr_sink(bool journal) : journal_{journal} {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        if (journal_) {
            const std::string_view priority = message.level >= spdlog::level::err    ? "<3>"
                                              : message.level >= spdlog::level::warn ? "<4>"
                                              : message.level >= spdlog::level::info ? "<6>"
                                                                                     : "<7>";
            line.append(priority.begin(), priority.end());
        }
        formatter_->format(message, line);
        // One write a line. A closed, full or blocked stderr loses the line; this thread alone waits.
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    }
    void flush_() override {}

private:
    bool journal_;
};

bool plain(std::string_view value) noexcept {
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte >= 0x7f) {
            return false;
        }
    }
    return !value.empty();
}

void append_value(std::string& line, std::string_view value) {
    if (plain(value)) {
        line += value;
        return;
    }
    constexpr std::string_view hex = "0123456789abcdef";
    line += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (byte < ' ' || byte == 0x7f) {
            line += "\\x";
            line += hex[byte >> 4];
            line += hex[byte & 15];
        } else {
            line += c;
        }
    }
    line += '"';
}

spdlog::level::level_enum level_of(log_level level) noexcept {
    switch (level) {
        case log_level::debug:
            return spdlog::level::debug;
        case log_level::info:
            return spdlog::level::info;
        case log_level::warning:
            return spdlog::level::warn;
        case log_level::error:
            break;
    }
    return spdlog::level::err;
}

constexpr std::size_t queue_lines = 8192;

class stderr_logger final : public logger {
public:
    explicit stderr_logger(log_level least)
        // The pool is never joined: a blocked stderr would hold up the exit. See the destructor.
        : pool_{new std::shared_ptr<spdlog::details::thread_pool>(
              std::make_shared<spdlog::details::thread_pool>(queue_lines, 1))},
          logger_{std::make_shared<spdlog::async_logger>(
              "punctual", std::make_shared<stderr_sink>(std::getenv("JOURNAL_STREAM") != nullptr), *pool_,
              spdlog::async_overflow_policy::overrun_oldest)} {
        logger_->set_level(level_of(least));
        logger_->set_formatter(
            std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
    }

    // What is queued gets a second to be written.
    ~stderr_logger() override {
        for (int tries = 0; tries < 100 && (*pool_)->queue_size() > 0; ++tries) {
            ::usleep(10'000);
        }
        ::usleep(1'000);
        static std::shared_ptr<spdlog::details::thread_pool>* kept = nullptr;
        kept = pool_;
        (void)kept;
    }
    stderr_logger(const stderr_logger&) = delete;
    stderr_logger& operator=(const stderr_logger&) = delete;

    void write(log_level level, std::string_view event, std::initializer_list<log_field> fields) override {
        if (!logger_->should_log(level_of(level))) {
            return;
        }
        std::string line{event};
        for (const auto& [key, value] : fields) {
            line += ' ';
            line += key;
            line += '=';
            append_value(line, value);
        }
        logger_->log(level_of(level), spdlog::string_view_t{line.data(), line.size()});
    }

private:
    std::shared_ptr<spdlog::details::thread_pool>* pool_;
    std::shared_ptr<spdlog::async_logger> logger_;
};

class null_logger final : public logger {
    void write(log_level, std::string_view, std::initializer_list<log_field>) override {}
};

}  // namespace

std::unique_ptr<logger> make_stderr_logger(log_level least) {
    return std::make_unique<stderr_logger>(least);
}
std::unique_ptr<logger> make_null_logger() {
    return std::make_unique<null_logger>();
}

}  // namespace punctual::net
