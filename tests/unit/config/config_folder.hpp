#pragma once
// For tests of the configuration: a folder of their own, removed at the end, and loading from a text or
// from an environment that lacks nothing.

#include "config/loader.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace punctual::test {

class config_folder : public testing::Test {
protected:
    config_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "punctual-config-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~config_folder() override { std::filesystem::remove_all(folder); }

    std::filesystem::path write(const std::string& name, const std::string& text) {
        const auto path = folder / name;
        std::ofstream{path} << text;
        return path;
    }

    config::loaded load_text(const std::string& toml, std::map<std::string, std::string> environment = {}) {
        environment.emplace("SECRET_KEY", "a-secret-key-of-the-front-end");
        return config::load({.file = write("punctual.toml", toml), .environment = std::move(environment)},
                            config::purpose::serve);
    }

    static config::loaded load_environment(std::map<std::string, std::string> environment) {
        environment.emplace("SECRET_KEY", "a-secret-key-of-the-front-end");
        return config::load({.file = {}, .environment = std::move(environment)}, config::purpose::serve);
    }

    std::filesystem::path folder;
};

}  // namespace punctual::test
