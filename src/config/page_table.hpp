#pragma once
// The table [session_page]: the page of the video session.

#include "config/settings.hpp"
#include "config/table_reader.hpp"

namespace punctual::config {

void read_session_page(table_reader& in, const node& from, settings& into);

}  // namespace punctual::config
