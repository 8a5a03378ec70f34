// What the parts of the preloaded library share. It is linked against nothing: every function of the C library is
// found when the program runs, so that one file suits every version of it, and one that lacks a function is not kept
// from starting.
#ifndef WATERTIGHT_PRELOAD_H
#define WATERTIGHT_PRELOAD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))
#define WEAK __attribute__((weak))

#define SHARDS 64
#define MOST_MAPPINGS 65536
#define MOST_DESCRIPTORS 65536

// The counters of some threads, on a cache line of their own. Sums over all of them are exact modulo 2^64: a block
// may be freed by another thread than has allocated it.
struct shard {
    // Live blocks times 2^37, plus their bytes in words of eight: one addition for both, so that no reading falls
    // between.
    _Atomic uint64_t blocks_and_words;
    // Blocks of a gigabyte or more, apart: their words would run into the blocks.
    _Atomic uint64_t large_blocks, large_bytes;
    uint64_t unused[5];
} __attribute__((aligned(64)));

// What the tool reads from outside. Private memory of the process: a fork copies it with all counts, an exec ends it.
struct page {
    char magic[16];
    uint64_t shard_count, shards;
    // Anonymous mappings of the program, each as its first page times 2^28 plus its pages; 0 is free.
    uint64_t mappings, mapping_capacity;
    _Atomic uint64_t mappings_used, mappings_lost;
    // Whether the constructor has run, and how many threads have ever counted a block.
    _Atomic uint64_t started, threads;
    // Where the stacks are that blocks are charged to, and for each mapping the number of its stack plus one; 0 where
    // nothing is traced. How many stacks were begun, and how many allocations found no place.
    uint64_t stacks, owners;
    _Atomic uint64_t stacks_used, allocations_lost;
    // For each descriptor by its number, the number of the stack plus one that opened it, or 0.
    uint64_t openers;
};

extern struct page watertight_page;
extern _Atomic uint64_t watertight_mappings[MOST_MAPPINGS];

// What comes behind this library: the allocator and the calls that the program would have without it.
struct next {
    void *(*malloc)(size_t), *(*calloc)(size_t, size_t), *(*realloc)(void *, size_t);
    void *(*memalign)(size_t, size_t), *(*aligned_alloc)(size_t, size_t), *(*valloc)(size_t), *(*pvalloc)(size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void (*free)(void *);
    void *(*mmap)(void *, size_t, int, int, int, long), *(*mremap)(void *, size_t, size_t, int, void *);
    int (*munmap)(void *, size_t), (*listen)(int, int);
    int (*execve)(const char *, char *const[], char *const[]), (*execvpe)(const char *, char *const[], char *const[]);
    int (*fexecve)(int, char *const[], char *const[]);
    int (*execveat)(int, const char *, char *const[], char *const[], int);
    int (*posix_spawn)(int *, const char *, const void *, const void *, char *const[], char *const[]);
    int (*posix_spawnp)(int *, const char *, const void *, const void *, char *const[], char *const[]);
    int (*openat)(int, const char *, int, ...), (*memfd_create)(const char *, unsigned);
    void *(*fopen)(const char *, const char *), *(*fopen64)(const char *, const char *);
    int (*socket)(int, int, int), (*socketpair)(int, int, int, int *);
    int (*accept)(int, void *, unsigned *), (*accept4)(int, void *, unsigned *, int);
    int (*dup)(int), (*dup2)(int, int), (*dup3)(int, int, int), (*pipe2)(int *, int);
    int (*epoll_create1)(int), (*eventfd)(unsigned, int), (*timerfd_create)(int, int), (*inotify_init1)(int);
    int (*close)(int), (*fclose)(void *);
};

extern struct next next;

// Fills `next`; 0 while this thread is about to.
int watertight_resolve(void);

// Whether code at `address` is of the allocator behind this library, whose blocks are counted already.
int watertight_is_of_allocator(const void *address);

// Where the file that `address` is of lies in memory, from its headers; nowhere where it is of none.
struct range {
    uintptr_t start, end;
};
struct range watertight_range_of(const void *address);

static inline int watertight_contains(struct range range, uintptr_t address) {
    return address >= range.start && address < range.end;
}

// MARK: Tracing, where the environment asks for it

#define STACK_DEPTH 26

// Finds what the stacks are read with.
void watertight_prepare_stacks(void);

// Return addresses of the calling thread, the innermost first, without those in this library; how many there are. By
// frame pointers there are none where the chain breaks off, and code that keeps none may be missing.
size_t watertight_by_frame_pointers(uint64_t addresses[STACK_DEPTH]);
size_t watertight_by_unwinding(uint64_t addresses[STACK_DEPTH]);

// Charges allocations to stacks from now on.
void watertight_trace(void);

// The stack of the calling thread as its number plus one; 0 where nothing is traced.
uint32_t watertight_owner(void);

// What the mapping at `index` of the table is charged to; only where something is traced.
_Atomic uint32_t *watertight_owner_at(uint64_t index);

// Notes the stack of the calling thread as what has opened a descriptor, and that nothing has; nothing where nothing is
// traced, or where it is none.
void watertight_note_opener(long descriptor);
void watertight_forget_opener(long descriptor);

// What starts a program asks these: whether the process serves already, where its environment names this library (-1
// where it does not), and what else the variable names.
extern _Atomic int watertight_serves;
long watertight_named_in(char *const environment[]);
const char *watertight_others(const char *variable);

// The text of LD_PRELOAD with `others` in it, in `text`, which has room for both.
#define VARIABLE "LD_PRELOAD="
#define VARIABLE_LENGTH (sizeof VARIABLE - 1)
char *watertight_with_variable(char *text, const char *others);
size_t watertight_length(const char *text);

// As <dlfcn.h> has them; the header would make the references strong.
typedef struct {
    const char *file;
    void *base;
    const char *symbol;
    void *address;
} symbol_info;

extern WEAK int dladdr(const void *, symbol_info *);
extern WEAK void *dlsym(void *, const char *);
extern WEAK long syscall(long, ...);
extern WEAK int *__errno_location(void);

#endif
