// Finds what comes behind this library.
#include <elf.h>

#include "preload.h"

// As <dlfcn.h> has it; the header would make the reference strong.
#define RTLD_NEXT ((void *)-1l)

// What glibc has had these names for from the first. Before 2.34 a program may be without dlsym.
extern WEAK void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern WEAK void *__libc_memalign(size_t, size_t), *__libc_valloc(size_t), *__libc_pvalloc(size_t);
extern WEAK void __libc_free(void *);

struct next next;

static __thread int resolving __attribute__((tls_model("initial-exec")));
static _Atomic int resolved;
static struct range allocator;

static void *found(const char *name) { return dlsym ? dlsym(RTLD_NEXT, name) : NULL; }

struct range watertight_range_of(const void *address) {
    symbol_info info;
    if (!dladdr || !address || !dladdr(address, &info) || !info.base) return (struct range){0, 0};
    const Elf64_Ehdr *header = info.base;
    const Elf64_Phdr *segments = (const void *)((const char *)info.base + header->e_phoff);
    uintptr_t end = 0;
    for (int index = 0; index < header->e_phnum; index++) {
        uintptr_t last = segments[index].p_vaddr + segments[index].p_memsz;
        if (segments[index].p_type == PT_LOAD && last > end) end = last;
    }
    return (struct range){(uintptr_t)info.base, (uintptr_t)info.base + end};
}

int watertight_is_of_allocator(const void *address) { return watertight_contains(allocator, (uintptr_t)address); }

#define FIND(name) next.name = (__typeof__(next.name))found(#name)

static void resolve_allocator(void) {
    FIND(free);
    FIND(calloc);
    FIND(realloc);
    FIND(memalign);
    FIND(aligned_alloc);
    FIND(posix_memalign);
    FIND(valloc);
    FIND(pvalloc);
    FIND(malloc);
    if (next.malloc && next.free && next.calloc && next.realloc) return;
    next.malloc = __libc_malloc;
    next.free = __libc_free;
    next.calloc = __libc_calloc;
    next.realloc = __libc_realloc;
    next.memalign = __libc_memalign;
    next.valloc = __libc_valloc;
    next.pvalloc = __libc_pvalloc;
}

int watertight_resolve(void) {
    if (atomic_load_explicit(&resolved, memory_order_acquire)) return 1;
    if (resolving) return 0;
    resolving = 1;
    resolve_allocator();
    FIND(mmap);
    FIND(mremap);
    FIND(munmap);
    FIND(listen);
    FIND(execve);
    FIND(execvpe);
    FIND(fexecve);
    FIND(execveat);
    FIND(posix_spawn);
    FIND(posix_spawnp);
    FIND(openat);
    FIND(memfd_create);
    FIND(fopen);
    FIND(fopen64);
    FIND(socket);
    FIND(socketpair);
    FIND(accept);
    FIND(accept4);
    FIND(dup);
    FIND(dup2);
    FIND(dup3);
    FIND(pipe2);
    FIND(epoll_create1);
    FIND(eventfd);
    FIND(timerfd_create);
    FIND(inotify_init1);
    FIND(close);
    FIND(fclose);
    allocator = watertight_range_of((const void *)next.malloc);
    resolving = 0;
    atomic_store_explicit(&resolved, 1, memory_order_release);
    return 1;
}
