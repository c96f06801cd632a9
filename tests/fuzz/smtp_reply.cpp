// Replies of an SMTP server (src/net/smtp/reply_parser.hpp): the same whatever the cuts, and in their limits.
// The same bytes, as words, to what reads a reply's text.

#include "net/smtp/capabilities.hpp"
#include "net/smtp/envelope.hpp"
#include "net/smtp/reply_parser.hpp"
#include "support/input.hpp"

#include <string>
#include <vector>

namespace punctual::fuzz {
namespace {

using net::smtp::reply_parser;

struct seen {
    std::vector<net::smtp::reply> replies;
    bool malformed = false;
    std::size_t taken = 0;

    bool operator==(const seen&) const = default;
};

// In pieces of `size` bytes.
seen parse(std::string_view bytes, std::size_t size) {
    reply_parser parser;
    seen out;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        auto piece = bytes.substr(at, size);
        while (!piece.empty()) {
            const auto before = piece.size();
            const auto status = parser.consume(piece);
            out.taken += before - piece.size();
            if (status == reply_parser::status::malformed) {
                out.malformed = true;
                return out;
            }
            if (status == reply_parser::status::need_more) {
                require(piece.empty(), "what asks for more has taken all");
                break;
            }
            require(piece.size() < before, "a reply takes bytes");
            out.replies.push_back(parser.value());
        }
    }
    return out;
}

// As a word of its own.
bool names_recipient(std::string_view words) {
    constexpr std::string_view name = "jane.citizen";
    const auto letter = [&](std::size_t at) {
        const char c = words[at];
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    };
    for (auto at = words.find(name); at != std::string_view::npos; at = words.find(name, at + 1)) {
        const auto end = at + name.size();
        // What is cut at the end may have been a longer word.
        if ((at == 0 || !letter(at - 1)) && (end < words.size() ? !letter(end) : words.size() < 500)) {
            return true;
        }
    }
    return false;
}

}  // namespace

void try_input(std::string_view bytes) {
    const auto whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1));
    for (const auto& one : whole.replies) {
        require(one.code >= 200 && one.code <= 599, "a code is 200 to 599");
        require(!one.text.contains('\r') && !one.text.contains('\0'), "no line end or NUL is left in a text");
        require(one.text.size() <= net::smtp::reply_limits{}.total, "a reply keeps to its limit");
        const auto said = net::smtp::parse_capabilities(one.text);
        require(said == net::smtp::parse_capabilities(one.text), "the same words mean the same");
    }
    for (const std::size_t size : {1U, 2U, 3U, 7U}) {
        const auto cut = parse(bytes, size);
        require(cut.replies == whole.replies && cut.malformed == whole.malformed, "cuts change nothing");
    }
    net::smtp::mail about;
    about.from = "clinic@example.org";
    about.to = "jane.citizen@example.com";
    for (const auto* mail :
         {static_cast<const net::smtp::mail*>(nullptr), static_cast<const net::smtp::mail*>(&about)}) {
        const auto words = net::smtp::scrub(bytes, mail);
        require(words.size() <= 500, "a server's words are cut");
        require(std::ranges::all_of(words, [](char c) { return c >= ' ' && c <= '~'; }), "and printable");
        require(!words.contains('@'), "no address is left in them");
        require(mail == nullptr || !names_recipient(words), "nor the recipient's name");
    }
    const auto queued = net::smtp::queue_id_in(bytes);
    require(queued.size() <= bytes.size(), "a queue id is part of the words");
}

}  // namespace punctual::fuzz
