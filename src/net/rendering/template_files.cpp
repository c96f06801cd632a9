#include "net/rendering/template_files.hpp"

#include "embedded/templates.hpp"
#include "net/rendering/template_set.hpp"

#include <fstream>
#include <iterator>
#include <system_error>

namespace punctual::net::rendering {

namespace fs = std::filesystem;

result<template_files> read_template_files(const fs::path& folder) {
    template_files files;
    for (const auto& file : embedded::templates()) {
        if (file.name.ends_with(".mustache")) {
            files.insert_or_assign(std::string{file.name}, std::string{file.text});
        }
    }
    if (folder.empty()) {
        return files;
    }
    std::error_code problem;
    auto entries = fs::recursive_directory_iterator{folder, problem};
    for (; !problem && entries != fs::recursive_directory_iterator{}; entries.increment(problem)) {
        const auto& path = entries->path();
        if (path.extension() != ".mustache" || path.filename().string().starts_with('.')) {
            continue;
        }
        std::ifstream in{path, std::ios::binary};
        std::string text{std::istreambuf_iterator<char>{in}, {}};
        if (!in.good() && !in.eof()) {
            return failure(template_errc::unreadable, path.string());
        }
        std::erase(text, '\r');
        files.insert_or_assign(path.lexically_relative(folder).generic_string(), std::move(text));
    }
    if (problem) {
        return failure(template_errc::unreadable, folder.string() + ": " + problem.message());
    }
    return files;
}

}  // namespace punctual::net::rendering
