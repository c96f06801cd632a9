#include "support/pooler.hpp"

#include "support/server_process.hpp"
#include "support/server_user.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <sys/stat.h>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

std::filesystem::path make_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "punctual-pooler-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error{"no temporary folder can be made"};
    }
    // Read by the user that it runs as.
    ::chmod(pattern.c_str(), 0755);
    return pattern;
}

}  // namespace

pooler::pooler(const private_postgres& server, std::string_view mode)
    : folder_{make_folder()}, port_{find_free_port()} {
    std::ofstream{folder_ / "users"} << "\"postgres\" \"\"\n";
    std::ofstream{folder_ / "pooler.ini"}
        << "[databases]\n* = host=127.0.0.1 port=" << server.port()
        << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
        << "\nunix_socket_dir =\nauth_type = trust\nauth_file = " << (folder_ / "users").string()
        << "\npool_mode = " << mode << "\n";
    std::vector<std::string> command{"/usr/sbin/pgbouncer", (folder_ / "pooler.ini").string()};
    const auto owner = find_server_user();
    if (owner.changes) {
        // It refuses to run as root.
        const std::vector<std::string> as{"/usr/bin/setpriv", "--reuid=" + std::to_string(owner.uid),
                                          "--regid=" + std::to_string(owner.gid), "--clear-groups", "--pdeathsig=KILL"};
        command.insert(command.begin(), as.begin(), as.end());
    }
    process_ = std::make_unique<program>(std::move(command), program::environment{{"PATH", "/usr/bin:/bin"}},
                                         folder_ / "pooler.log");
    const bool up = becomes_true(
        [&] { return !process_->running() || process_->output().find("process up") != std::string::npos; }, 20s);
    if (!up || !process_->running()) {
        throw std::runtime_error{"pgbouncer does not start: " + process_->output()};
    }
}

pooler::~pooler() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string pooler::url(std::string_view database) const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + std::string{database};
}

}  // namespace punctual::test
