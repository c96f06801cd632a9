#include "net/log/logger.hpp"

#include "net/async/signal_mask.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include <unistd.h>

namespace punctual::net {
namespace {

// Lines on their way to stderr: a loop that writes must never wait for whoever reads. Empty it holds nothing.
struct backlog {
    std::mutex mutex;
    std::condition_variable news;
    std::string lines;
    std::size_t lost = 0;
    bool writing = false;
};

constexpr std::size_t most_waiting = std::size_t{1} << 20U;  // bytes; some 8,000 lines
constexpr std::size_t kept_capacity = std::size_t{1} << 16U;

// One write a line. A closed, full or blocked stderr loses it; this thread alone waits.
void write_lines(std::string_view lines) {
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        const auto line = lines.substr(0, end == std::string_view::npos ? end : end + 1);
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
        lines.remove_prefix(line.size());
    }
}

// It owns the backlog together with the logger, and may outlive it: it is never joined, since a blocked stderr
// would hold up the exit.
void drain(const std::shared_ptr<backlog>& from) {
    std::string lines;
    std::unique_lock lock{from->mutex};
    for (;;) {
        from->news.wait(lock, [&] { return !from->lines.empty(); });
        lines.swap(from->lines);
        from->writing = true;
        lock.unlock();
        write_lines(lines);
        lines.clear();
        if (lines.capacity() > kept_capacity) {
            lines = {};
        }
        lock.lock();
        from->writing = false;
    }
}

void start_draining(const std::shared_ptr<backlog>& from) {
    const net::all_signals_blocked blocked;
    std::thread{[from] { drain(from); }}.detach();
}

// sd-daemon(3): a line that begins with <N> has that syslog priority in the journal.
class backlog_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    backlog_sink(std::shared_ptr<backlog> to, bool journal) : to_{std::move(to)}, journal_{journal} {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        line_.clear();
        if (journal_) {
            const std::string_view priority = message.level >= spdlog::level::err    ? "<3>"
                                              : message.level >= spdlog::level::warn ? "<4>"
                                              : message.level >= spdlog::level::info ? "<6>"
                                                                                     : "<7>";
            line_.append(priority.begin(), priority.end());
        }
        formatter_->format(message, line_);
        {
            const std::lock_guard lock{to_->mutex};
            if (to_->lines.size() + line_.size() > most_waiting) {
                ++to_->lost;
                return;
            }
            if (to_->lost > 0) {
                to_->lines += "log_lines_lost count=" + std::to_string(std::exchange(to_->lost, 0)) + "\n";
            }
            to_->lines.append(line_.data(), line_.size());
        }
        to_->news.notify_one();
    }
    void flush_() override {}

private:
    std::shared_ptr<backlog> to_;
    spdlog::memory_buf_t line_;
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

class stderr_logger final : public logger {
public:
    explicit stderr_logger(log_level least)
        : backlog_{std::make_shared<backlog>()},
          logger_{"punctual", std::make_shared<backlog_sink>(backlog_, std::getenv("JOURNAL_STREAM") != nullptr)} {
        logger_.set_level(level_of(least));
        logger_.set_formatter(
            std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
        start_draining(backlog_);
    }

    // What waits gets a second to be written.
    ~stderr_logger() override {
        for (int tries = 0; tries < 100 && !is_drained(); ++tries) {
            ::usleep(10'000);
        }
    }
    stderr_logger(const stderr_logger&) = delete;
    stderr_logger& operator=(const stderr_logger&) = delete;

    void write(log_level level, std::string_view event, std::initializer_list<log_field> fields) override {
        if (!logger_.should_log(level_of(level))) {
            return;
        }
        std::string line{event};
        for (const auto& [key, value] : fields) {
            line += ' ';
            line += key;
            line += '=';
            append_value(line, value);
        }
        logger_.log(level_of(level), spdlog::string_view_t{line.data(), line.size()});
    }

private:
    [[nodiscard]] bool is_drained() const {
        const std::lock_guard lock{backlog_->mutex};
        return backlog_->lines.empty() && !backlog_->writing;
    }

    std::shared_ptr<backlog> backlog_;
    spdlog::logger logger_;
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
