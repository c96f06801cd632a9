#include "config/text_file.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace punctual::config {
namespace {

std::string last_error() {
    return std::generic_category().message(errno);
}

std::expected<std::string, std::string> read_all(int file) {
    struct ::stat kind{};
    if (::fstat(file, &kind) != 0) {
        return std::unexpected{last_error()};
    }
    if (S_ISDIR(kind.st_mode)) {
        return std::unexpected{std::string{"it is a folder"}};
    }
    std::string text;
    std::array<char, 16 * 1024> block{};
    for (;;) {
        const auto got = ::read(file, block.data(), block.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return std::unexpected{last_error()};
        }
        if (got == 0) {
            return text;
        }
        text.append(block.data(), static_cast<std::size_t>(got));
        if (text.size() > largest_text_file) {
            return std::unexpected{std::string{"it is larger than 1 MiB"}};
        }
    }
}

}  // namespace

std::expected<std::string, std::string> read_text_file(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return std::unexpected{last_error()};
    }
    auto text = read_all(file);
    ::close(file);
    return text;
}

}  // namespace punctual::config
