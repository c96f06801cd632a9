#include "net/twilio/make_messenger.hpp"

#include "domain/e164.hpp"
#include "net/async/clock.hpp"
#include "net/twilio/answers.hpp"
#include "net/twilio/api.hpp"
#include "net/twilio/form.hpp"
#include "net/twilio/verdict.hpp"

#include <algorithm>
#include <utility>

namespace punctual::net::twilio {
namespace {

// Newest first. A page of 1,000 could be larger than what we read of an answer.
constexpr std::string_view page_size = "200";
// 40,000 messages to one number since its answer was lost: tests have that, patients do not.
constexpr std::size_t most_pages = 200;
constexpr std::chrono::seconds page_time{15};

text_outcome not_sent(text_verdict verdict, std::string why, int code = 0) {
    text_outcome outcome;
    outcome.verdict = verdict;
    outcome.error_code = code;
    outcome.error_text = std::move(why);
    return outcome;
}

class rest_messenger final : public messenger {
public:
    rest_messenger(https::client& client, account_gate& gate, messenger_options options)
        : api_{client, std::move(options.path_prefix), std::move(options.who), gate}, from_{std::move(options.from)} {}

    task<text_outcome> send(text_message what, domain::lease lease, deadline until) override {
        if (!api_.who().complete()) {
            co_return not_sent(text_verdict::configuration, "no Twilio account is configured");
        }
        if (!domain::is_e164(what.to)) {
            constexpr int invalid_to = 21211;
            co_return not_sent(text_verdict::bad_number, "the number is not in E.164", invalid_to);
        }
        auto form = message_form(from_, what);
        if (!form) {
            co_return not_sent(text_verdict::configuration, "no sender is configured for the channel");
        }
        const auto answer =
            co_await api_.post(messages_path(api_.who().sid), std::move(*form), std::move(lease), until);
        if (answer.response) {
            co_return judge_answer(*answer.response, answer.held);
        }
        auto outcome = judge_failure(answer.response.error());
        outcome.retry_after = answer.held;
        co_return outcome;
    }

    // Without Twilio's date filter: it looks at date_sent, which a queued message does not have.
    task<std::optional<std::vector<listed_message>>> list(domain::channel channel, std::string to, wall_time since,
                                                          deadline until) override {
        if (!api_.who().complete()) {
            co_return std::nullopt;
        }
        form query;
        query.add("To", address(channel, to)).add("PageSize", page_size);
        // Twilio's dates have whole seconds.
        const auto oldest = std::chrono::floor<std::chrono::seconds>(since);
        std::vector<listed_message> found;
        const auto soon = [until] { return std::min<deadline>(until, boot_now() + page_time); };
        auto answer = co_await api_.get(messages_path(api_.who().sid) + "?" + query.str(), soon());
        for (std::size_t pages = 1;; ++pages) {
            auto page = answer.response && answer.response->status == 200 ? read_message_page(answer.response->body)
                                                                          : std::nullopt;
            if (!page) {
                co_return std::nullopt;
            }
            const bool all_older = !page->items.empty() && std::ranges::all_of(page->items, [&](const auto& one) {
                return one.created_at < oldest;
            });
            std::ranges::copy_if(page->items, std::back_inserter(found), [&](const listed_message& one) {
                return one.created_at >= oldest && is_from(from_, channel, one);
            });
            if (page->next.empty() || all_older) {
                co_return std::move(found);
            }
            if (pages == most_pages) {
                // More than we look at: what is not in it may still have been sent.
                co_return std::nullopt;
            }
            answer = co_await api_.follow(std::move(page->next), soon());
        }
    }

    task<std::optional<listed_message>> find(std::string sid, deadline until) override {
        // It goes into a path, and may have come with a callback.
        if (!api_.who().complete() || !is_message_sid(sid)) {
            co_return std::nullopt;
        }
        auto path = message_path(api_.who().sid, sid);
        const auto answer = co_await api_.get(std::move(path), until);
        auto found =
            answer.response && answer.response->status == 200 ? read_one_message(answer.response->body) : std::nullopt;
        if (found && found->sid != sid) {
            found.reset();
        }
        co_return found;
    }

    std::size_t capacity() const noexcept override { return api_.capacity(); }
    std::chrono::seconds held() const noexcept override { return api_.held(); }

private:
    api api_;
    senders from_;
};

}  // namespace

std::unique_ptr<messenger> make_messenger(https::client& client, account_gate& gate, messenger_options options) {
    return std::make_unique<rest_messenger>(client, gate, std::move(options));
}

}  // namespace punctual::net::twilio
