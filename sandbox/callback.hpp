#pragma once
// A webhook that Twilio would call; the shell signs and sends it.

#include "sandbox/form.hpp"

#include <string>

namespace punctual::sandbox {

struct callback {
    std::string url;  // as it was given, fragment (#rc=…) included
    bool post = true;
    form fields;
};

}  // namespace punctual::sandbox
