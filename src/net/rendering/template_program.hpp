#pragma once
// A template made ready: its text in one piece, and steps over it (copy, say a word, skip a section). Rendering
// looks nothing up by name and allocates nothing but the answer, and all templates together hold some 100 kB.
//
// It takes only what expand_template has given back: variables, sections of flags, and nothing else. It refuses
// to check any of that again.

#include "net/rendering/message_words.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::rendering {

enum class escaping : std::uint8_t { none, html };

class template_program {
public:
    // `expanded`: from expand_template, with names that find_word and find_flag know.
    template_program(std::string_view expanded, escaping how);

    // Values are said as they are, or with &, <, >, " and ' as entities; never expanded again.
    [[nodiscard]] std::string render(const message_words& words) const;

private:
    enum class action : std::uint8_t { copy, say, skip_unless, skip_if };
    struct step {
        action what;
        std::uint8_t which = 0;   // word or flag
        std::uint32_t begin = 0;  // copy: of the text
        std::uint32_t end = 0;    // copy: of the text; skip: the step to go on with
    };

    void add_tag(std::string_view inside, std::vector<std::size_t>& open);
    void add_text(std::string_view text);

    std::string text_;
    std::vector<step> steps_;
    escaping how_;
};

}  // namespace punctual::net::rendering
