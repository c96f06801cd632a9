#pragma once
// One call of Twilio's REST API: credentials on it, the account's gate before and after it. Messages and
// rooms each have one, for their host; they share the gate.

#include "net/https/client.hpp"
#include "net/twilio/account.hpp"
#include "net/twilio/account_gate.hpp"

#include <chrono>
#include <string>

namespace punctual::net::twilio {

struct api_answer {
    result<https::response> response = failure(https::https_errc::not_connected);
    // What is left of the account's hold after the call; a held call was not made (https_errc::held).
    std::chrono::seconds held{};
};

class api {
public:
    // `path_prefix`: of the base URL. Client and gate must outlive it.
    api(https::client& client, std::string path_prefix, account who, account_gate& gate)
        : client_{client}, path_prefix_{std::move(path_prefix)}, account_{std::move(who)}, gate_{gate} {}

    // `path` and query without the prefix; `form` for a POST.
    [[nodiscard]] task<api_answer> get(std::string path, deadline until);
    [[nodiscard]] task<api_answer> post(std::string path, std::string form, domain::lease lease, deadline until);
    // A target that Twilio gave (paging): the prefix is in it.
    [[nodiscard]] task<api_answer> follow(std::string target, deadline until);

    [[nodiscard]] const account& who() const noexcept { return account_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return client_.capacity(); }
    [[nodiscard]] std::chrono::seconds held() const noexcept;

private:
    [[nodiscard]] task<api_answer> call(https::request what, domain::lease lease, deadline until);

    https::client& client_;
    std::string path_prefix_;
    account account_;
    account_gate& gate_;
};

}  // namespace punctual::net::twilio
