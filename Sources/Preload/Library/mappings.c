// Anonymous mappings of the program, in a table that any thread changes without a lock. Those of the C library, of
// the loader and of the allocator are not counted; nor is an address that is only reserved, with no access at all.
#define _GNU_SOURCE
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "preload.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define COUNT_BITS 28
#define MOST_PAGES ((1ul << COUNT_BITS) - 1)

#define table watertight_mappings

_Atomic uint64_t table[MOST_MAPPINGS];

static uint64_t page_of(const void *address) { return (uint64_t)address >> 12; }
static uint64_t pages_of(size_t length) { return (length + 4095) >> 12; }

static void lose(void) { atomic_fetch_add_explicit(&watertight_page.mappings_lost, 1, memory_order_relaxed); }

static uint32_t owner_of(uint64_t index) {
    return watertight_page.owners ? atomic_load(watertight_owner_at(index)) : 0;
}

static void insert(uint64_t first, uint64_t count, uint32_t owner) {
    if (count == 0) return;
    // A mapping this long is a reserve of addresses.
    if (count > MOST_PAGES) return lose();
    uint64_t entry = first << COUNT_BITS | count;
    for (uint64_t index = 0; index < MOST_MAPPINGS; index++) {
        uint64_t empty = 0;
        if (atomic_load_explicit(&table[index], memory_order_relaxed) != 0
            || !atomic_compare_exchange_strong(&table[index], &empty, entry))
            continue;
        // Nobody changes a mapping before the call that makes it returns.
        if (watertight_page.owners) atomic_store(watertight_owner_at(index), owner);
        uint64_t used = atomic_load(&watertight_page.mappings_used);
        while (used <= index && !atomic_compare_exchange_weak(&watertight_page.mappings_used, &used, index + 1)) {}
        return;
    }
    lose();
}

// Takes what lies in the range away from the table: whole mappings, or the part of one. Returns the pages that were
// there.
static uint64_t clear(uint64_t first, uint64_t count) {
    uint64_t end = first + count, cleared = 0;
    uint64_t used = atomic_load_explicit(&watertight_page.mappings_used, memory_order_acquire);
    for (uint64_t index = 0; index < used; index++) {
        uint64_t entry = atomic_load_explicit(&table[index], memory_order_relaxed);
        while (entry != 0) {
            uint64_t start = entry >> COUNT_BITS, stop = start + (entry & MOST_PAGES);
            if (stop <= first || start >= end) break;
            uint64_t before = start < first ? first - start : 0, behind = stop > end ? stop - end : 0;
            uint64_t rest = before ? start << COUNT_BITS | before : behind ? end << COUNT_BITS | behind : 0;
            uint32_t owner = owner_of(index);
            if (!atomic_compare_exchange_weak(&table[index], &entry, rest)) continue;
            if (before && behind) insert(end, behind, owner);
            cleared += stop - start - before - behind;
            break;
        }
    }
    return cleared;
}

static void *map(void *address, size_t length, int access, int flags, int file, long offset, const void *caller) {
    int is_ready = watertight_resolve();
    void *result = is_ready && next.mmap ? next.mmap(address, length, access, flags, file, offset)
                                         : (void *)syscall(SYS_mmap, address, length, access, flags, file, offset);
    if (result == MAP_FAILED || watertight_is_of_allocator(caller)) return result;
    // What lay there is gone.
    if (flags & MAP_FIXED) clear(page_of(result), pages_of(length));
    if (flags & MAP_ANONYMOUS && access != PROT_NONE) {
        insert(page_of(result), pages_of(length), watertight_owner());
    }
    return result;
}

EXPORTED void *mmap(void *address, size_t length, int access, int flags, int file, long offset) {
    return map(address, length, access, flags, file, offset, __builtin_return_address(0));
}

EXPORTED void *mmap64(void *address, size_t length, int access, int flags, int file, long offset) {
    return map(address, length, access, flags, file, offset, __builtin_return_address(0));
}

EXPORTED int munmap(void *address, size_t length) {
    // Before the call: behind it another thread may have the addresses already.
    uint64_t cleared = clear(page_of(address), pages_of(length));
    int result = watertight_resolve() && next.munmap ? next.munmap(address, length)
                                                     : (int)syscall(SYS_munmap, address, length);
    if (result != 0 && cleared == pages_of(length)) insert(page_of(address), cleared, 0);
    return result;
}

EXPORTED void *mremap(void *address, size_t old_length, size_t length, int flags, ...) {
    void *wanted = NULL;
    if (flags & MREMAP_FIXED) {
        va_list arguments;
        va_start(arguments, flags);
        wanted = va_arg(arguments, void *);
        va_end(arguments);
    }
    uint64_t cleared = clear(page_of(address), pages_of(old_length));
    void *result = watertight_resolve() && next.mremap
                       ? next.mremap(address, old_length, length, flags, wanted)
                       : (void *)syscall(SYS_mremap, address, old_length, length, flags, wanted);
    if (result == MAP_FAILED) {
        if (cleared) insert(page_of(address), cleared, 0);
    } else {
        if (flags & MREMAP_FIXED) clear(page_of(result), pages_of(length));
        if (cleared && flags & MREMAP_DONTUNMAP) insert(page_of(address), cleared, 0);
        if (cleared) insert(page_of(result), pages_of(length), watertight_owner());
    }
    return result;
}
