#pragma once
// A small file read whole, or why it cannot be. It refuses folders and what has no end.

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

namespace punctual::config {

inline constexpr std::size_t largest_text_file = 1024UL * 1024;

// The error says why in a few words: "No such file or directory", "it is a folder". Pipes are read to
// their end, so that a shell's <(…) may stand for a file.
[[nodiscard]] std::expected<std::string, std::string> read_text_file(const std::filesystem::path& path);

}  // namespace punctual::config
