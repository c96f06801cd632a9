// punctuald: arguments → configuration → command → exit code.

#include "commands/command_line.hpp"
#include "commands/commands.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    using namespace punctual;
    const auto parsed = commands::parse(argc, argv);
    if (const auto* code = std::get_if<int>(&parsed)) {
        return *code;
    }
    const auto& asked = std::get<commands::request>(parsed);
    try {
        switch (asked.verb) {
            case commands::verb::serve:
                return commands::serve(asked);
            case commands::verb::migrate:
                return commands::migrate(asked);
            case commands::verb::check:
                return commands::check(asked);
            case commands::verb::plan:
                return commands::plan(asked);
            case commands::verb::explain:
                return commands::explain(asked);
            case commands::verb::send_test:
                return commands::send_test(asked);
        }
    } catch (const std::exception& wrong) {
        std::cerr << "punctuald: " << wrong.what() << '\n';
    }
    return 1;
}
