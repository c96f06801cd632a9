#pragma once
// A folder of a web page, read once into memory: the loop must never wait for a disk. Bounded; a file of a
// type that it does not know, a link or a folder that is too large is refused, not left out.
//
// "x.js.gz" beside "x.js" is the same file compressed, for those who accept it.

#include <cstddef>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace punctual::http {

inline constexpr std::size_t largest_site = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t most_site_files = 256;

struct site_file {
    std::string content_type;
    std::string bytes;
    std::string gzip;  // empty: there is none, or it is no smaller
    std::string tag;   // of the bytes, without quotes (RFC 9110 §8.8.3)
};

// By the path below the folder, with '/' between: "assets/1a2b/main.js".
using site_files = std::map<std::string, site_file, std::less<>>;

// Hidden files are left out. The error is one sentence without the folder's name.
[[nodiscard]] std::expected<site_files, std::string> read_site(const std::filesystem::path& folder);

// The tag of some bytes.
[[nodiscard]] std::string site_tag(std::string_view bytes);

}  // namespace punctual::http
