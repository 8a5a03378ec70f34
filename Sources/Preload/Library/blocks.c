// The malloc family: counts what is allocated and what is freed, and takes no lock.
#include <errno.h>

#include "preload.h"

// The size of the allocator behind this library: nothing here has that name.
extern WEAK size_t malloc_usable_size(void *);

#define WORD_BITS 37
#define LARGE (1ul << 30)

static struct shard shards[SHARDS];

struct page watertight_page __attribute__((aligned(4096))) = {
    .magic = "watertight heap",
    .shard_count = SHARDS,
    .shards = (uint64_t)shards,
    .mappings = (uint64_t)watertight_mappings,
    .mapping_capacity = MOST_MAPPINGS,
};

static __thread uint32_t own __attribute__((tls_model("initial-exec")));

static __attribute__((noinline)) uint32_t choose(void) {
    own = 1 + (uint32_t)(atomic_fetch_add_explicit(&watertight_page.threads, 1, memory_order_relaxed) % SHARDS);
    return own;
}

static inline struct shard *shard(void) {
    uint32_t number = own;
    if (__builtin_expect(number == 0, 0)) number = choose();
    return &shards[number - 1];
}

static __attribute__((noinline)) void add_large(size_t size, uint64_t sign) {
    atomic_fetch_add_explicit(&shard()->large_blocks, sign, memory_order_relaxed);
    atomic_fetch_add_explicit(&shard()->large_bytes, sign * size, memory_order_relaxed);
}

// Adds a block of so many bytes where `sign` is 1, takes it away where it is -1.
static inline void add(size_t size, uint64_t sign) {
    if (__builtin_expect(size >= LARGE, 0)) return add_large(size, sign);
    uint64_t one = (1ul << WORD_BITS) + (size + 7) / 8;
    atomic_fetch_add_explicit(&shard()->blocks_and_words, sign * one, memory_order_relaxed);
}

static inline size_t size_of(void *block) { return malloc_usable_size ? malloc_usable_size(block) : 0; }

static inline void *counted(void *block) {
    if (block) add(size_of(block), 1);
    return block;
}

// MARK: While the allocator is being looked for

// dlsym may allocate: from here, for good.
static _Alignas(16) char reserve[65536];
static _Atomic size_t reserved;

static int is_reserve(void *block) { return (char *)block >= reserve && (char *)block < reserve + sizeof reserve; }

static void *take(size_t size) {
    // Its size lies before it.
    size_t whole = ((size + 15) & ~15ul) + 16;
    if (size > sizeof reserve) return NULL;
    size_t start = atomic_fetch_add_explicit(&reserved, whole, memory_order_relaxed);
    if (start + whole > sizeof reserve) return NULL;
    *(size_t *)(reserve + start) = size;
    return reserve + start + 16;
}

static int fail(void) {
    if (__errno_location) *__errno_location() = ENOMEM;
    return ENOMEM;
}

static __attribute__((noinline)) void *none(void) {
    fail();
    return NULL;
}

static int is_ready(void) { return next.malloc || (watertight_resolve() && next.malloc); }

// MARK: What the program calls

EXPORTED void *malloc(size_t size) {
    if (__builtin_expect(!next.malloc, 0) && !is_ready()) return take(size);
    return counted(next.malloc(size));
}

EXPORTED void free(void *block) {
    if (!block || __builtin_expect(is_reserve(block), 0)) return;
    if (__builtin_expect(!next.free, 0) && (!is_ready() || !next.free)) return;
    add(size_of(block), -1ul);
    next.free(block);
}

EXPORTED void free_sized(void *block, size_t size) { (void)size, free(block); }

EXPORTED void free_aligned_sized(void *block, size_t alignment, size_t size) {
    (void)alignment, free_sized(block, size);
}

EXPORTED void *calloc(size_t count, size_t size) {
    size_t whole;
    if (__builtin_expect(!next.malloc, 0) && !is_ready()) {
        // The reserve is zero as it is.
        return __builtin_mul_overflow(count, size, &whole) ? NULL : take(whole);
    }
    return counted(next.calloc(count, size));
}

static void *moved_from_reserve(void *block, size_t size) {
    char *copy = malloc(size);
    size_t old = *(size_t *)((char *)block - 16);
    for (size_t index = 0; copy && index < old && index < size; index++) copy[index] = ((char *)block)[index];
    return copy;
}

EXPORTED void *realloc(void *block, size_t size) {
    if (!block) return malloc(size);
    if (is_reserve(block)) return moved_from_reserve(block, size);
    if (!is_ready()) return none();
    size_t before = size_of(block);
    void *result = next.realloc(block, size);
    if (!result && size > 0) return NULL;
    add(before, -1ul);
    return counted(result);
}

EXPORTED void *reallocarray(void *block, size_t count, size_t size) {
    size_t whole;
    return __builtin_mul_overflow(count, size, &whole) ? none() : realloc(block, whole);
}

EXPORTED void *memalign(size_t alignment, size_t size) {
    return is_ready() && next.memalign ? counted(next.memalign(alignment, size)) : none();
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size) {
    if (!is_ready() || !next.aligned_alloc) return memalign(alignment, size);
    return counted(next.aligned_alloc(alignment, size));
}

EXPORTED int posix_memalign(void **result, size_t alignment, size_t size) {
    if (is_ready() && next.posix_memalign) {
        int error = next.posix_memalign(result, alignment, size);
        if (error == 0) counted(*result);
        return error;
    }
    if (alignment < sizeof(void *) || (alignment & (alignment - 1))) return EINVAL;
    void *block = memalign(alignment, size);
    if (!block) return ENOMEM;
    *result = block;
    return 0;
}

EXPORTED void *valloc(size_t size) { return is_ready() && next.valloc ? counted(next.valloc(size)) : none(); }

EXPORTED void *pvalloc(size_t size) { return is_ready() && next.pvalloc ? counted(next.pvalloc(size)) : none(); }
