// What a request of the token endpoint costs beside its database: bearer token in, HTTP both ways, video token out.

#include "domain/base64.hpp"
#include "http/bearer.hpp"
#include "http/request_parser.hpp"
#include "http/response_writer.hpp"
#include "net/twilio/access_token.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace punctual {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now{1'796'086'800s};
constexpr std::string_view key = "the-secret-key-of-the-front-end";

std::string authorization() {
    const auto text = domain::to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
                      domain::to_base64url(R"({"token_type":"access","user_id":456,"exp":1796090400})");
    return "Bearer " + text + "." + domain::to_base64url(net::hmac{net::digest::sha256, key}.mac(text));
}

void verify_a_new_bearer_token(benchmark::State& state) {
    const auto header = authorization();
    for (auto _ : state) {
        state.PauseTiming();
        http::bearer_verifier verifier{key};
        state.ResumeTiming();
        benchmark::DoNotOptimize(verifier.verify(header, now));
    }
}
BENCHMARK(verify_a_new_bearer_token);

void verify_a_known_bearer_token(benchmark::State& state) {
    const auto header = authorization();
    http::bearer_verifier verifier{key};
    for (auto _ : state) {
        benchmark::DoNotOptimize(verifier.verify(header, now));
    }
}
BENCHMARK(verify_a_known_bearer_token);

void sign_a_video_token(benchmark::State& state) {
    const net::twilio::video_grant grant{.account_sid = "AC0123456789abcdef0123456789abcdef",
                                         .api_key = "SK0123456789abcdef0123456789abcdef",
                                         .api_secret = "sandbox-api-secret",
                                         .identity = "456-patient@example.com",
                                         .room = "apt-123-1796000000-abc123de"};
    for (auto _ : state) {
        benchmark::DoNotOptimize(net::twilio::make_video_token(grant, now, now + 2h));
    }
}
BENCHMARK(sign_a_video_token);

void read_a_request(benchmark::State& state) {
    const auto text =
        "GET /api/appointments/video-token/123/ HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAuthorization: " + authorization() +
        "\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n";
    http::request into;
    http::request_parser parser{into, {}};
    for (auto _ : state) {
        benchmark::DoNotOptimize(parser.feed({text.data(), text.size()}));
        parser.reset();
    }
}
BENCHMARK(read_a_request);

void write_an_answer(benchmark::State& state) {
    http::response reply;
    reply.status = 200;
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.body = std::string(700, 'x');
    std::string out;
    http::date_cache dates;
    for (auto _ : state) {
        out.clear();
        http::append_response(out, reply, {}, dates.at(1'796'086'800));
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(write_an_answer);

}  // namespace
}  // namespace punctual
