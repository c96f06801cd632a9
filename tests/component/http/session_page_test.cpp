// The page over a real socket: what a browser and a slow reader get.

#include "http/session_page.hpp"
#include "support/running_server.hpp"
#include "support/site_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace punctual::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class page_handler final : public request_handler {
public:
    explicit page_handler(const session_page& page) : page_{page} {}
    net::task<response> handle(const request& what) override { co_return page_.answer(what); }

private:
    const session_page& page_;
};

class session_page_server : public testing::Test {
protected:
    session_page_server() {
        large.resize(std::size_t{3} * 1024 * 1024);
        for (std::size_t i = 0; i < large.size(); ++i) {
            large[i] = static_cast<char>('a' + (i * 31 + i / 977) % 26);
        }
        folder.write("assets/1a2b/large.txt", large);
        session_page_settings settings;
        settings.folder = folder.path();
        page = std::make_unique<session_page>(session_page::load(settings).value());
        handler = std::make_unique<page_handler>(*page);
        server = std::make_unique<test::running_server>(*handler, server_options{});
    }
    std::string ask(test::raw_client& client, const std::string& line, const std::string& more = "") const {
        client.send(line + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n");
        return client.read_answer(line.starts_with("HEAD"));
    }

    test::site_folder folder;
    std::string large;
    std::unique_ptr<session_page> page;
    std::unique_ptr<page_handler> handler;
    std::unique_ptr<test::running_server> server;
};

constexpr const char* large_file = "GET /video-session/assets/1a2b/large.txt";

TEST_F(session_page_server, sends_page_files_and_short_answers_on_one_connection) {
    test::raw_client client{server->port()};
    EXPECT_THAT(ask(client, "GET /video-session/apt-1-1790000000-abc123de/"), HasSubstr("main.js\"></script>"));
    EXPECT_THAT(ask(client, large_file), EndsWith(large));
    const auto missing = ask(client, "GET /video-session/assets/1a2b/none.js");
    EXPECT_EQ(test::status_of(missing), 404);
    EXPECT_THAT(missing, HasSubstr("application/problem+json"));
    EXPECT_THAT(ask(client, "GET /video-session/assets/1a2b/main.js"), EndsWith("\r\n\r\nexport const answer = 42;"));
}

TEST_F(session_page_server, tells_head_the_length_and_sends_nothing_of_it) {
    test::raw_client client{server->port()};
    const auto head = ask(client, "HEAD /video-session/assets/1a2b/large.txt");
    EXPECT_THAT(head, HasSubstr("Content-Length: " + std::to_string(large.size()) + "\r\n"));
    EXPECT_THAT(head, EndsWith("\r\n\r\n"));
    // Had a body followed, it would stand before this answer.
    EXPECT_EQ(test::status_of(ask(client, "HEAD /video-session/apt-1-1790000000-abc123de")), 200);
}

TEST_F(session_page_server, sends_no_body_with_304) {
    test::raw_client client{server->port()};
    const auto answer = ask(client, large_file, "If-None-Match: *\r\n");
    EXPECT_EQ(test::status_of(answer), 304);
    EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
    EXPECT_EQ(test::status_of(ask(client, "GET /video-session/apt-1-1790000000-abc123de")), 200);
}

TEST_F(session_page_server, gives_the_whole_file_to_many_who_read_late) {
    std::vector<test::raw_client> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back(server->port());
        clients.back().send(std::string{large_file} + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (auto& client : clients) {
        EXPECT_THAT(client.read_answer(), EndsWith(large));
    }
}

TEST_F(session_page_server, finds_nothing_outside_by_escapes_in_the_path) {
    test::raw_client client{server->port()};
    for (const auto* path : {"/video-session/%2e%2e/%2e%2e/etc/passwd", "/video-session/..%2f..%2fetc%2fpasswd",
                             "/video-session/assets/1a2b/..%5c..%5cindex.html"}) {
        const auto answer = ask(client, std::string{"GET "} + path);
        EXPECT_THAT(answer, Not(HasSubstr("root:"))) << path;
        EXPECT_NE(test::status_of(answer), 200) << path;
    }
}

}  // namespace
}  // namespace punctual::http
