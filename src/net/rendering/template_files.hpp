#pragma once
// The template files as they are: the program's own with the clinic's over them.

#include "domain/result.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace punctual::net::rendering {

// By path relative to the folder, with "/".
using template_files = std::map<std::string, std::string, std::less<>>;

// `folder` empty: the program's own alone. Files that do not end in .mustache are passed over.
[[nodiscard]] result<template_files> read_template_files(const std::filesystem::path& folder);

}  // namespace punctual::net::rendering
