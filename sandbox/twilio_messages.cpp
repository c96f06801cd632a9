#include "sandbox/twilio_messages.hpp"

#include "sandbox/message_request.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace punctual::sandbox {
namespace {

constexpr std::array<std::string_view, 8> stop_words{"STOP",    "UNSUBSCRIBE", "END",    "QUIT",
                                                     "STOPALL", "REVOKE",      "OPTOUT", "CANCEL"};
constexpr std::array<std::string_view, 3> start_words{"START", "UNSTOP", "YES"};

std::string upper_trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t\r\n");
    if (from == std::string_view::npos) {
        return {};
    }
    std::string word{text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1)};
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return word;
}

// Which delivery of the daemon's it is: delivery= of the callback's query.
std::string delivery_of(const std::string& url) {
    const auto query = url.find('?');
    if (query == std::string::npos) {
        return {};
    }
    return value_of(parse_form(std::string_view{url}.substr(query + 1, url.find('#') - query - 1)), "delivery");
}

int usual_code(domain::channel channel) {
    return channel == domain::channel::whatsapp ? 63024 : 30003;
}

std::string_view refusal_text(int code) {
    switch (code) {
        case 21610:
            return "Attempt to send to unsubscribed recipient";
        case 21614:
            return "'To' number is not a valid mobile number";
        case 21635:
            return "'To' number cannot be a Landline";
        case 21408:
            return "Permission to send an SMS has not been enabled for the region indicated by the 'To' number";
        case 21608:
            return "The number is unverified. Trial accounts cannot send messages to unverified numbers";
        case 63007:
            return "Twilio could not find a Channel with the specified From address";
        default:
            return "The message cannot be sent";
    }
}

}  // namespace

twilio_messages::twilio_messages(messaging_options options, behaviours& orders, inbox& log)
    : options_{std::move(options)}, orders_{orders}, log_{log}, sids_{options_.seed} {}

text_message* twilio_messages::find_message(std::string_view sid) {
    const auto at = numbers_.find(std::string{sid});
    return at == numbers_.end() ? nullptr : &messages_[static_cast<std::size_t>(at->second - forgotten_)];
}

text_message& twilio_messages::keep(text_message what) {
    if (messages_.size() >= options_.remembered) {
        numbers_.erase(messages_.front().sid);
        messages_.pop_front();
        ++forgotten_;
    }
    numbers_[what.sid] = forgotten_ + messages_.size();
    return messages_.emplace_back(std::move(what));
}

api_result<const text_message*> twilio_messages::send(const form& fields, wall_time now) {
    advance(now);
    auto wanted = read_message_request(fields);
    if (!wanted) {
        return std::unexpected{wanted.error()};
    }
    const bool by_service = wanted->from.empty();
    if (const int code = orders_.refusal(std::string{bare_number(wanted->to)}); code != 0) {
        // Behind a messaging service an opt-out is found after the answer.
        if (!by_service || code != 21610) {
            return refuse(code, std::string{refusal_text(code)});
        }
    } else if (!by_service && opted_out(*wanted)) {
        return refuse(21610, std::string{refusal_text(21610)});
    }
    wanted->sid = sids_.make("SM");
    wanted->status = by_service ? "accepted" : "queued";
    wanted->created_at = wanted->updated_at = now;
    wanted->body = render(*wanted);

    delivery record;
    record.channel = wanted->channel;
    record.to = bare_number(wanted->to);
    record.from = by_service ? wanted->messaging_service_sid : std::string{bare_number(wanted->from)};
    record.body = wanted->body;
    record.content_sid = wanted->content_sid;
    record.content_variables = wanted->content_variables;
    record.delivery_id = delivery_of(wanted->status_callback);
    record.id = wanted->sid;
    record.status = wanted->status;
    record.size = wanted->body.size();
    record.received_at = now;
    wanted->inbox_number = log_.add(std::move(record));

    auto& kept = keep(std::move(*wanted));
    plan(kept, now);
    return &kept;
}

std::string twilio_messages::render(const text_message& what) const {
    const auto known = templates_.find(what.content_sid);
    if (known == templates_.end()) {
        return what.body;
    }
    std::string text = known->second;
    for (const auto& [name, value] : parse_content_variables(what.content_variables).value_or(form{})) {
        const auto mark = "{{" + name + "}}";
        // Behind what was put in: a value that looks like a variable stays as it is.
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size())) {
            text.replace(at, mark.size(), value);
        }
    }
    return text;
}

bool twilio_messages::opted_out(const text_message& what) const {
    const std::string person{bare_number(what.to)};
    const auto from_here = stopped_.lower_bound({person, ""});
    if (what.channel != domain::channel::sms || from_here == stopped_.end() || from_here->first != person) {
        return false;
    }
    return what.from.empty() || stopped_.contains({person, what.from});
}

int twilio_messages::later_refusal(const text_message& what, wall_time now) const {
    if (what.from.empty() && (opted_out(what) || orders_.refusal(std::string{bare_number(what.to)}) == 21610)) {
        return 21610;
    }
    if (what.channel != domain::channel::whatsapp || !options_.strict_window || !what.content_sid.empty()) {
        return 0;
    }
    const auto wrote = last_inbound_.find(std::string{bare_number(what.to)});
    const bool open = wrote != last_inbound_.end() && now - wrote->second < std::chrono::hours{24};
    return open ? 0 : 63016;
}

void twilio_messages::plan(const text_message& what, wall_time now) {
    const auto fate = orders_.take_fate(bare_number(what.to), what.channel).value_or(message_fate{});
    const auto at = [&](int steps) -> wall_time { return now + fate.delay + options_.step * steps; };
    if (what.status == "accepted") {
        steps_.emplace(at(0), step{what.sid, "queued", 0});
    }
    if (const int code = later_refusal(what, now); code != 0) {
        steps_.emplace(at(1), step{what.sid, code == 21610 ? "failed" : "undelivered", code});
        return;
    }
    if (fate.status == "queued") {
        return;
    }
    const int code = fate.code != 0 ? fate.code : usual_code(what.channel);
    if (fate.status == "failed") {
        steps_.emplace(at(1), step{what.sid, "failed", code});
        return;
    }
    const bool expires = what.channel == domain::channel::sms && at(1) - now > std::chrono::seconds{what.validity};
    if (expires) {
        steps_.emplace(now + std::chrono::seconds{what.validity}, step{what.sid, "undelivered", 30036});
        return;
    }
    steps_.emplace(at(1), step{what.sid, "sent", 0});
    if (fate.status == "undelivered") {
        steps_.emplace(at(2), step{what.sid, "undelivered", code});
    } else if (fate.status != "sent") {
        steps_.emplace(at(2), step{what.sid, "delivered", 0});
        const bool receipts = what.channel == domain::channel::whatsapp && options_.read_receipts;
        if (receipts || fate.status == "read") {
            steps_.emplace(at(3), step{what.sid, "read", 0});
        }
    }
}

void twilio_messages::advance(wall_time now) {
    while (!steps_.empty() && steps_.begin()->first <= now) {
        const auto at = steps_.begin()->first;
        const auto next = std::move(steps_.begin()->second);
        steps_.erase(steps_.begin());
        if (auto* which = find_message(next.sid)) {
            move(*which, next, at);
        }
    }
}

void twilio_messages::move(text_message& which, const step& to, wall_time now) {
    which.status = to.status;
    which.error_code = to.code;
    which.updated_at = now;
    if (to.status == "sent") {
        which.sent_at = now;
    }
    log_.set_status(which.inbox_number, which.status, which.error_code);
    notify(which);
}

void twilio_messages::notify(const text_message& about) {
    if (about.status_callback.empty()) {
        return;
    }
    form fields{{"MessageSid", about.sid},
                {"SmsSid", about.sid},
                {"MessageStatus", about.status},
                {"SmsStatus", about.status},
                {"To", about.to},
                {"From", about.from},
                {"AccountSid", options_.account_sid},
                {"ApiVersion", "2010-04-01"}};
    if (!about.messaging_service_sid.empty()) {
        fields.emplace_back("MessagingServiceSid", about.messaging_service_sid);
    }
    if (about.error_code != 0) {
        fields.emplace_back("ErrorCode", std::to_string(about.error_code));
    }
    if (about.channel == domain::channel::whatsapp) {
        fields.emplace_back("ChannelPrefix", "whatsapp");
        fields.emplace_back("ChannelToAddress", about.to);
        if (about.status == "read") {
            fields.emplace_back("EventType", "READ");
        }
    }
    callbacks_.push_back({about.status_callback, true, std::move(fields)});
}

api_result<const text_message*> twilio_messages::fetch(std::string_view sid) const {
    if (const auto* found = const_cast<twilio_messages*>(this)->find_message(sid)) {
        return found;
    }
    return refuse(20404, "The requested resource was not found", 404);
}

api_result<const text_message*> twilio_messages::redact(std::string_view sid, wall_time now) {
    auto* found = find_message(sid);
    if (found == nullptr) {
        return refuse(20404, "The requested resource was not found", 404);
    }
    found->body.clear();
    found->updated_at = now;
    return found;
}

api_result<> twilio_messages::remove(std::string_view sid) {
    // The place stays, so that numbers keep their meaning; nobody finds it by its sid again.
    auto* found = find_message(sid);
    if (found == nullptr) {
        return refuse(20404, "The requested resource was not found", 404);
    }
    numbers_.erase(found->sid);
    found->sid.clear();
    return {};
}

std::vector<const text_message*> twilio_messages::list(const message_filter& filter, std::size_t limit) const {
    std::vector<const text_message*> found;
    auto from = messages_.size();
    if (!filter.after.empty()) {
        const auto last = numbers_.find(filter.after);
        from = last == numbers_.end() ? 0 : static_cast<std::size_t>(last->second - forgotten_);
    }
    while (from > 0 && found.size() < limit) {
        const auto& each = messages_[--from];
        const bool dated = filter.sent_from || filter.sent_until;
        const bool in_time = !dated || (each.sent_at && (!filter.sent_from || *each.sent_at >= *filter.sent_from) &&
                                        (!filter.sent_until || *each.sent_at < *filter.sent_until));
        const bool addressed =
            (filter.to.empty() || each.to == filter.to) && (filter.from.empty() || each.from == filter.from);
        if (!each.sid.empty() && in_time && addressed) {
            found.push_back(&each);
        }
    }
    return found;
}

api_result<const text_message*> twilio_messages::receive(domain::channel channel, const std::string& from,
                                                         const std::string& to, const std::string& body,
                                                         wall_time now) {
    if (!is_e164(from) || to.empty()) {
        return refuse(21211, "The number is not a valid phone number.");
    }
    const bool whatsapp = channel == domain::channel::whatsapp;
    const std::string prefix = whatsapp ? "whatsapp:" : "";
    text_message what;
    what.sid = sids_.make("SM");
    what.inbound = true;
    what.channel = channel;
    what.from = prefix + from;
    what.to = prefix + to;
    what.body = body;
    what.status = "received";
    what.created_at = what.updated_at = now;
    what.sent_at = now;
    const auto word = upper_trimmed(body);
    if (whatsapp) {
        last_inbound_[from] = now;
    } else if (std::ranges::find(stop_words, word) != stop_words.end()) {
        stopped_.emplace(from, to);
    } else if (std::ranges::find(start_words, word) != start_words.end()) {
        stopped_.erase({from, to});
    }

    delivery record;
    record.channel = channel;
    record.inbound = true;
    record.to = to;
    record.from = from;
    record.body = body;
    record.id = what.sid;
    record.status = "received";
    record.size = body.size();
    record.received_at = now;
    what.inbox_number = log_.add(std::move(record));

    if (!options_.inbound_url.empty()) {
        form fields{{"MessageSid", what.sid},
                    {"SmsSid", what.sid},
                    {"SmsMessageSid", what.sid},
                    {"AccountSid", options_.account_sid},
                    {"From", what.from},
                    {"To", what.to},
                    {"Body", body},
                    {"NumMedia", "0"},
                    {"NumSegments", std::to_string(sms_segments(body))},
                    {"SmsStatus", "received"},
                    {"ApiVersion", "2010-04-01"}};
        if (whatsapp) {
            fields.emplace_back("ProfileName", "Sandbox");
            fields.emplace_back("WaId", from.substr(1));
            fields.emplace_back("MessageType", "text");
        }
        callbacks_.push_back({options_.inbound_url, true, std::move(fields)});
    }
    return &keep(std::move(what));
}

std::optional<wall_time> twilio_messages::next_due() const {
    return steps_.empty() ? std::nullopt : std::optional{steps_.begin()->first};
}

std::vector<callback> twilio_messages::take_callbacks() {
    return std::exchange(callbacks_, {});
}

}  // namespace punctual::sandbox
