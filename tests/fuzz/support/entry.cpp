// libFuzzer's door to a target.

#include "support/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // libFuzzer gives bytes; characters are the same bytes.
    punctual::fuzz::try_input({reinterpret_cast<const char*>(data), size});
    return 0;
}
