#pragma once
// Gives back the memory that only the start needed: code and constants that were read once (the loader's walk over
// fifty libraries, the configuration, the parsing of templates) stay mapped and would count as resident for ever.
//
// It lets go of unchanged pages of program files alone, which the kernel keeps as files and maps again at the next
// use (a minor fault, well under a microsecond a page), and of what malloc holds free. It changes no data.

namespace punctual::net {

// Once, when the start is over. Without effect where the kernel refuses.
void release_boot_pages() noexcept;

}  // namespace punctual::net
