# Run by punctual_embed: writes NAME.cpp and NAME.hpp into OUT.

file(MAKE_DIRECTORY ${OUT})
set(entries "")
foreach(file IN LISTS FILES)
  file(READ ${DIR}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" escaped "${hex}")
  # A literal may hold 64 KiB at most by the standard; split so that no line is absurd either.
  string(REGEX REPLACE "(................................................................)" "\\1\"\n    \"" escaped "${escaped}")
  string(LENGTH "${hex}" hex_length)
  math(EXPR length "${hex_length} / 2")
  string(APPEND entries "    file{\"${file}\", std::string_view{\n    \"${escaped}\", ${length}}},\n")
endforeach()
file(WRITE ${OUT}/${NAME}.hpp
"#pragma once
#include \"embedded/file.hpp\"
#include <span>
namespace punctual::embedded {
std::span<const file> ${NAME}() noexcept;
}
")
file(WRITE ${OUT}/file.hpp
"#pragma once
#include <string_view>
namespace punctual::embedded {
struct file {
    std::string_view name;
    std::string_view text;
};
}
")
list(LENGTH FILES count)
file(WRITE ${OUT}/${NAME}.cpp
"#include \"embedded/${NAME}.hpp\"
#include <array>
namespace punctual::embedded {
namespace {
constexpr std::array<file, ${count} + 1> files{{
${entries}    file{}}};
}
std::span<const file> ${NAME}() noexcept { return std::span{files}.first(${count}); }
}
")
