#pragma once
// A folder with a page as web/session/build makes it, small, and removed at the end.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace punctual::test {

class site_folder {
public:
    site_folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "punctual-site-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
        write("index.html", R"(<script src="/video-session/assets/1a2b/main.js"></script>)");
        write("assets/1a2b/main.js", script);
        write("assets/1a2b/main.js.gz", "packed");
    }
    ~site_folder() { std::filesystem::remove_all(path_); }
    site_folder(const site_folder&) = delete;
    site_folder& operator=(const site_folder&) = delete;

    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream{path_ / name, std::ios::binary} << text;
    }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    static constexpr std::string_view script = "export const answer = 42;";

private:
    std::filesystem::path path_;
};

}  // namespace punctual::test
