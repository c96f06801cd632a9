#include "net/memory/boot_pages.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace punctual::net {
namespace {

// Text relocations (elf(5), DT_TEXTREL) would make "unchanged" untrue.
bool changes_its_text(const dl_phdr_info& object, const ElfW(Phdr) & dynamic) noexcept {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast,performance-no-int-to-ptr): dl_iterate_phdr(3)
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(object.dlpi_addr + dynamic.p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
            return true;
        }
    }
    return false;
}

// The loader writes into segments that are writable by their header, and makes some of them read-only later
// (relro): what counts is the header.
int release_object(dl_phdr_info* object, std::size_t, void*) noexcept {
    const std::span headers{object->dlpi_phdr, object->dlpi_phnum};
    const bool changed = std::ranges::any_of(
        headers, [&](const ElfW(Phdr) & one) { return one.p_type == PT_DYNAMIC && changes_its_text(*object, one); });
    if (changed) {
        return 0;
    }
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (const auto& one : headers) {
        if (one.p_type != PT_LOAD || (one.p_flags & PF_W) != 0) {
            continue;
        }
        const auto begin = (object->dlpi_addr + one.p_vaddr + page - 1) / page * page;
        const auto end = (object->dlpi_addr + one.p_vaddr + one.p_filesz) / page * page;
        if (begin < end) {
            // NOLINTNEXTLINE(performance-no-int-to-ptr): dl_iterate_phdr(3)
            static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
        }
    }
    return 0;
}

}  // namespace

void release_boot_pages() noexcept {
    ::malloc_trim(0);
    ::dl_iterate_phdr(release_object, nullptr);
}

}  // namespace punctual::net
