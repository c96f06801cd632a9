#include "http/site_files.hpp"

#include "net/crypto/hmac.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

namespace punctual::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t tag_length = 24;  // 96 bits

struct known_type {
    std::string_view extension;
    std::string_view content_type;
};

constexpr std::array types{
    known_type{".html", "text/html; charset=utf-8"},
    known_type{".js", "text/javascript; charset=utf-8"},
    known_type{".css", "text/css; charset=utf-8"},
    known_type{".json", "application/json"},
    known_type{".svg", "image/svg+xml"},
    known_type{".png", "image/png"},
    known_type{".ico", "image/vnd.microsoft.icon"},
    known_type{".woff2", "font/woff2"},
    known_type{".txt", "text/plain; charset=utf-8"},
};

std::string_view type_of(std::string_view name) {
    const auto* const found =
        std::ranges::find_if(types, [&](const known_type& one) { return name.ends_with(one.extension); });
    return found == types.end() ? std::string_view{} : found->content_type;
}

std::optional<std::string> read_whole(const fs::path& path, std::size_t most) {
    std::ifstream in{path, std::ios::binary};
    std::string bytes;
    std::array<char, std::size_t{16} * 1024> block{};
    while (in && bytes.size() <= most) {
        in.read(block.data(), block.size());
        bytes.append(block.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (!in.eof() || bytes.size() > most) {
        return std::nullopt;
    }
    return bytes;
}

class reading {
public:
    std::expected<site_files, std::string> run(const fs::path& folder) {
        std::error_code ec;
        fs::recursive_directory_iterator at{folder, ec};
        for (const fs::recursive_directory_iterator end; !ec && at != end; at.increment(ec)) {
            if (at->path().filename().string().starts_with('.')) {
                at.disable_recursion_pending();
                continue;
            }
            if (auto wrong = take(*at, at->path().lexically_relative(folder).generic_string())) {
                return std::unexpected{std::move(*wrong)};
            }
        }
        if (ec) {
            return std::unexpected{"it cannot be read (" + ec.message() + ")"};
        }
        if (auto wrong = join()) {
            return std::unexpected{std::move(*wrong)};
        }
        return std::move(files_);
    }

private:
    std::optional<std::string> take(const fs::directory_entry& entry, const std::string& name) {
        std::error_code ec;
        const auto kind = entry.symlink_status(ec).type();
        if (kind == fs::file_type::directory) {
            return std::nullopt;
        }
        if (ec || kind != fs::file_type::regular) {
            return name + " is no plain file";
        }
        const bool packed = name.ends_with(".gz");
        const std::string_view bare = std::string_view{name}.substr(0, name.size() - (packed ? 3 : 0));
        const auto type = type_of(bare);
        if (type.empty()) {
            return name + " is of an unknown type";
        }
        if (++count_ > most_site_files) {
            return "it has more than " + std::to_string(most_site_files) + " files";
        }
        auto bytes = read_whole(entry.path(), largest_site - size_);
        if (!bytes) {
            return name + " cannot be read, or the folder is larger than 16 MiB";
        }
        size_ += bytes->size();
        if (packed) {
            packed_.emplace(bare, std::move(*bytes));
        } else {
            auto& file = files_[name];
            file.content_type = type;
            file.tag = site_tag(*bytes);
            file.bytes = std::move(*bytes);
        }
        return std::nullopt;
    }

    std::optional<std::string> join() {
        for (auto& [name, bytes] : packed_) {
            const auto of = files_.find(name);
            if (of == files_.end()) {
                return std::string{name}.append(".gz is there without ").append(name);
            }
            if (bytes.size() < of->second.bytes.size()) {
                of->second.gzip = std::move(bytes);
            }
        }
        return std::nullopt;
    }

    site_files files_;
    std::map<std::string, std::string, std::less<>> packed_;
    std::size_t size_ = 0;
    std::size_t count_ = 0;
};

}  // namespace

std::expected<site_files, std::string> read_site(const fs::path& folder) {
    return reading{}.run(folder);
}

std::string site_tag(std::string_view bytes) {
    return net::sha256_hex(bytes).substr(0, tag_length);
}

}  // namespace punctual::http
