#include "sandbox/world.hpp"

#include "sandbox/mail_reader.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace punctual::sandbox {
namespace {

constexpr std::size_t webhooks_remembered = 10'000;

messaging_options complete(messaging_options options, const world_options& all) {
    options.account_sid = all.credentials.sid;
    options.seed = all.seed + 1;
    return options;
}

std::string without_brackets(std::string text) {
    if (text.starts_with('<') && text.ends_with('>')) {
        return text.substr(1, text.size() - 2);
    }
    return text;
}

}  // namespace

world::world(const world_options& options)
    : credentials{options.credentials},
      inbox{options.inbox},
      rooms{options.credentials.sid, options.seed, options.room_minute},
      messages{complete(options.messaging, options), orders, inbox},
      request_ids{options.seed + 2} {}

void world::take_mail(received_mail mail, wall_time now) {
    const auto headers = read_mail_headers(mail.raw);
    delivery record;
    record.channel = domain::channel::email;
    record.from = mail.from;
    record.subject = mail_header(headers, "Subject");
    record.id = without_brackets(mail_header(headers, "Message-ID"));
    record.delivery_id = record.id.substr(0, record.id.find('@'));
    record.status = "delivered";
    record.size = mail.raw.size();
    record.received_at = now;
    while (mail.to.size() > 1) {
        record.to = std::move(mail.to.front());
        mail.to.erase(mail.to.begin());
        inbox.add(record, mail.raw);
    }
    record.to = std::move(mail.to.front());
    inbox.add(std::move(record), std::move(mail.raw));
}

void world::note_webhook(called_webhook what) {
    what.n = ++webhooks_called_;
    webhooks_.push_back(std::move(what));
    if (webhooks_.size() > webhooks_remembered) {
        webhooks_.pop_front();
    }
}

void world::advance(wall_time now) {
    rooms.advance(now);
    messages.advance(now);
}

std::optional<wall_time> world::next_due() const {
    const auto by_rooms = rooms.next_due();
    const auto by_messages = messages.next_due();
    if (by_rooms && by_messages) {
        return std::min(*by_rooms, *by_messages);
    }
    return by_rooms ? by_rooms : by_messages;
}

std::vector<callback> world::take_callbacks() {
    auto all = rooms.take_callbacks();
    std::ranges::move(messages.take_callbacks(), std::back_inserter(all));
    return all;
}

}  // namespace punctual::sandbox
