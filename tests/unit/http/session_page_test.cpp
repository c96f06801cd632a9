#include "http/session_page.hpp"

#include "support/site_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <string>
#include <utility>

namespace punctual::http {
namespace {

using test::site_folder;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* link = "/video-session/apt-123-1790000000-abc123de";
constexpr const char* script = "/video-session/assets/1a2b/main.js";

std::string header_of(const response& from, std::string_view name) {
    for (const auto& [key, value] : from.headers) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

class session_page_of_a_folder : public testing::Test {
protected:
    session_page_settings settings() const {
        session_page_settings out;
        out.folder = folder.path();
        out.clinic_name = "Harbour \"Psychology\"";
        out.clinic_phone = "02 9000 0000";
        out.frontend_url = "https://clinic.example";
        out.backend_url = "https://api.clinic.example/v1";
        out.sign_in_url = "https://clinic.example/login";
        out.token_key = "access_token";
        out.connect_hosts = {"wss://*.vss.twilio.com"};
        return out;
    }
    std::string refusal() const {
        const auto made = session_page::load(settings());
        return made ? "" : made.error();
    }
    response get(std::string path, std::vector<std::pair<std::string, std::string>> headers = {},
                 method verb = method::get) {
        if (!page) {
            page = std::make_unique<session_page>(session_page::load(settings()).value());
        }
        request what;
        what.method = verb;
        what.path = std::move(path);
        what.headers = std::move(headers);
        return page->answer(what);
    }

    site_folder folder;
    std::unique_ptr<session_page> page;
};

TEST(session_page, owns_what_is_below_its_root_alone) {
    EXPECT_TRUE(session_page::owns("/video-session"));
    EXPECT_TRUE(session_page::owns(link));
    EXPECT_FALSE(session_page::owns("/video-sessions"));
    EXPECT_FALSE(session_page::owns("/api/video-session/x"));
    EXPECT_FALSE(session_page::owns("/"));
}

TEST(session_page, knows_the_names_of_rooms) {
    EXPECT_TRUE(is_room_name("apt-1-1-00000000"));
    EXPECT_TRUE(is_room_name("apt-9223372036854775807-1790000000-abc123de"));
    for (const std::string_view name :
         {"", "apt-", "apt-1", "apt-1-1", "apt-1-1-", "apt--1-abc123de", "apt-1--abc123de", "apt-1-1-abc123d",
          "apt-1-1-abc123de0", "apt-1-1-ABC123DE", "apt-x-1-abc123de", "apt-1-1-abc123de/", "APT-1-1-abc123de"}) {
        EXPECT_FALSE(is_room_name(name)) << name;
    }
    EXPECT_FALSE(is_room_name("apt-" + std::string(200, '1') + "-1-abc123de"));
}

TEST_F(session_page_of_a_folder, gives_the_page_to_every_room_and_has_it_asked_for_again_each_time) {
    const auto answer = get(link);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.content_type, "text/html; charset=utf-8");
    EXPECT_THAT(std::string{answer.kept_body}, HasSubstr("main.js"));
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-cache");
    EXPECT_EQ(get("/video-session/apt-7-1-00000000").kept_body, answer.kept_body);
}

TEST_F(session_page_of_a_folder, lets_browsers_keep_what_carries_its_digest_in_its_path) {
    const auto answer = get(script);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.content_type, "text/javascript; charset=utf-8");
    EXPECT_EQ(answer.kept_body, site_folder::script);
    EXPECT_EQ(header_of(answer, "Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(session_page_of_a_folder, shows_a_person_with_a_cut_link_the_page_and_says_404) {
    for (const auto* path : {"/video-session", "/video-session/apt-123", "/video-session/hello"}) {
        const auto answer = get(path);
        EXPECT_EQ(answer.status, 404U) << path;
        EXPECT_EQ(answer.content_type, "text/html; charset=utf-8") << path;
        EXPECT_EQ(header_of(answer, "ETag"), "") << path;
    }
}

TEST_F(session_page_of_a_folder, has_no_way_out_of_its_folder) {
    folder.write("../punctual-site-secret.txt", "secret");
    for (const auto* path :
         {"/video-session/../punctual-site-secret.txt", "/video-session/assets/../../punctual-site-secret.txt",
          "/video-session//etc/passwd", "/video-session/assets", "/video-session/assets/1a2b",
          "/video-session/index.html", "/video-session/assets/1a2b/main.js.gz", "/video-session/assets/9/main.js",
          "/video-session/./config.json", "/video-session/apt-1-1-00000000/config.json"}) {
        const auto answer = get(path);
        EXPECT_EQ(answer.status, 404U) << path;
        EXPECT_THAT(std::string{answer.kept_body} + answer.body, Not(HasSubstr("secret"))) << path;
    }
    std::filesystem::remove(folder.path() / "../punctual-site-secret.txt");
}

TEST_F(session_page_of_a_folder, guards_every_answer) {
    for (const auto& answer : {get(link), get(script), get("/video-session/a/b"), get("/video-session/x"),
                               get(link, {}, method::post), get(link, {{"if-none-match", "*"}})}) {
        EXPECT_THAT(header_of(answer, "Content-Security-Policy"),
                    AllOf(HasSubstr("default-src 'none'"), HasSubstr("script-src 'self';"),
                          HasSubstr("connect-src 'self' https://api.clinic.example wss://*.vss.twilio.com;"),
                          HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))));
        EXPECT_THAT(header_of(answer, "Permissions-Policy"), HasSubstr("camera=(self), microphone=(self)"));
        EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(header_of(answer, "Referrer-Policy"), "no-referrer");
    }
}

TEST_F(session_page_of_a_folder, answers_get_and_head_alone) {
    EXPECT_EQ(get(link, {}, method::head).status, 200U);
    const auto refused = get(link, {}, method::post);
    EXPECT_EQ(refused.status, 405U);
    EXPECT_EQ(header_of(refused, "Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(get(link, {}, method::options).status, 204U);
}

TEST_F(session_page_of_a_folder, says_304_to_who_has_it) {
    const auto tag = header_of(get(link), "ETag");
    ASSERT_FALSE(tag.empty());
    const auto bare = tag.substr(1, tag.size() - 2);
    for (const auto& value :
         {tag, "W/" + tag, "\"other\", " + tag, "\"" + bare + "-gz\"", "W/\"" + bare + "-gz\"", std::string{"*"}}) {
        const auto answer = get(link, {{"if-none-match", value}});
        EXPECT_EQ(answer.status, 304U) << value;
        EXPECT_TRUE(answer.kept_body.empty()) << value;
        EXPECT_EQ(header_of(answer, "ETag"), tag) << value;
    }
    for (const auto& value : {std::string{}, bare, std::string{"\"other\""}, "\"" + bare + "x\"", std::string{",,"}}) {
        EXPECT_EQ(get(link, {{"if-none-match", value}}).status, 200U) << value;
    }
}

TEST_F(session_page_of_a_folder, sends_the_compressed_form_to_who_accepts_it) {
    for (const auto* accepted : {"gzip", "br, gzip", "GZIP;q=0.5", "deflate , gzip ; q=1"}) {
        const auto answer = get(script, {{"accept-encoding", accepted}});
        EXPECT_EQ(answer.kept_body, "packed") << accepted;
        EXPECT_EQ(header_of(answer, "Content-Encoding"), "gzip") << accepted;
        EXPECT_THAT(header_of(answer, "ETag"), HasSubstr("-gz\"")) << accepted;
        EXPECT_EQ(header_of(answer, "Vary"), "Accept-Encoding") << accepted;
    }
    for (const auto* accepted : {"", "br", "gzip;q=0", "gzip; q=0.000", "x-gzipped"}) {
        const auto answer = get(script, {{"accept-encoding", accepted}});
        EXPECT_EQ(answer.kept_body, site_folder::script) << accepted;
        EXPECT_EQ(header_of(answer, "Content-Encoding"), "") << accepted;
        EXPECT_EQ(header_of(answer, "Vary"), "Accept-Encoding") << accepted;
    }
}

TEST_F(session_page_of_a_folder, tells_the_page_its_settings_and_no_secret) {
    folder.write("config.json", R"({"clinic_name":"of the folder"})");
    const auto answer = get("/video-session/config.json");
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-cache");
    const auto told = boost::json::parse(std::string{answer.kept_body}).as_object();
    EXPECT_EQ(told.at("clinic_name").as_string(), "Harbour \"Psychology\"");
    EXPECT_EQ(told.at("token_key").as_string(), "access_token");
    EXPECT_EQ(told.at("backend_url").as_string(), "https://api.clinic.example/v1");
    EXPECT_EQ(told.at("signalling_url").as_string(), "");
    EXPECT_EQ(told.size(), 8U);
}

TEST_F(session_page_of_a_folder, lets_the_page_speak_to_a_stand_in_of_the_tests) {
    auto with = settings();
    with.signalling_url = "ws://127.0.0.1:4000/signaling";
    const auto other = session_page::load(with).value();
    request what;
    what.path = link;
    EXPECT_THAT(header_of(other.answer(what), "Content-Security-Policy"), HasSubstr(" ws://127.0.0.1:4000 "));
}

TEST_F(session_page_of_a_folder, refuses_a_folder_that_is_not_built) {
    std::filesystem::remove(folder.path() / "index.html");
    EXPECT_EQ(refusal(), "index.html is missing");
    folder.write("index.html", "<script src=\"main.js\"></script>");
    EXPECT_EQ(refusal(), "index.html names no script of its own: it is not built");
    folder.write("index.html", "<script src=\"/video-session/assets/@version@/main.js\"></script>");
    EXPECT_EQ(refusal(), "assets/@version@/main.js, which index.html names, is missing");
    std::filesystem::remove_all(folder.path());
    EXPECT_THAT(refusal(), HasSubstr("cannot be read (No such file or directory)"));
}

TEST_F(session_page_of_a_folder, refuses_what_it_could_not_serve_as_it_is) {
    folder.write("assets/1a2b/page.php", "x");
    EXPECT_EQ(refusal(), "assets/1a2b/page.php is of an unknown type");
    std::filesystem::remove(folder.path() / "assets/1a2b/page.php");
    folder.write("assets/1a2b/lost.css.gz", "x");
    EXPECT_EQ(refusal(), "assets/1a2b/lost.css.gz is there without assets/1a2b/lost.css");
    std::filesystem::remove(folder.path() / "assets/1a2b/lost.css.gz");
    std::filesystem::create_symlink("/etc/passwd", folder.path() / "assets/1a2b/link.txt");
    EXPECT_EQ(refusal(), "assets/1a2b/link.txt is no plain file");
}

TEST_F(session_page_of_a_folder, is_bounded_in_size_and_number) {
    folder.write("assets/1a2b/large.txt", std::string(largest_site, 'x'));
    EXPECT_THAT(refusal(), HasSubstr("larger than 16 MiB"));
    std::filesystem::remove(folder.path() / "assets/1a2b/large.txt");
    for (std::size_t i = 0; i < most_site_files; ++i) {
        folder.write("assets/1a2b/" + std::to_string(i) + ".txt", "x");
    }
    EXPECT_EQ(refusal(), "it has more than 256 files");
}

TEST_F(session_page_of_a_folder, leaves_hidden_files_out) {
    folder.write(".htaccess", "x");
    folder.write(".git/config.txt", "x");
    EXPECT_EQ(refusal(), "");
    EXPECT_EQ(get("/video-session/.git/config.txt").status, 404U);
}

}  // namespace
}  // namespace punctual::http
