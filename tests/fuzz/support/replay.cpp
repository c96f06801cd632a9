// Tries every file of a folder on a target, without libFuzzer: the corpora in an ordinary test run.
// usage: fuzz_NAME FOLDER-OR-FILE...

#include "support/input.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

std::size_t replay(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path)) {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator{path}) {
            count += replay(entry.path());
        }
        return count;
    }
    // Said before: an input that breaks the target ends the process.
    std::cout << path.filename().string() << std::endl;
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    punctual::fuzz::try_input(bytes);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::size_t count = 0;
        for (int i = 1; i < argc; ++i) {
            count += replay(argv[i]);
        }
        std::cout << count << " inputs\n";
        return count > 0 ? 0 : 1;
    } catch (const std::exception& what) {
        std::cerr << what.what() << '\n';
        return 1;
    }
}
