// Charges every live block and mapping to the stack that allocated it, where an explanation asks for it. The functions
// here then stand between what counts and the allocator; otherwise nothing calls them.
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>

#include "preload.h"

extern WEAK size_t malloc_usable_size(void *);

// Stacks, and places to find them by: twice as many. A stack's number takes 16 bits.
#define MOST_STACKS 65536
#define PLACES (2 * MOST_STACKS)
// Where blocks are found, and how far from where it belongs a block may stand.
#define SLOTS (1ul << 23)
#define FARTHEST 128
// A slot that a block has left: those behind it are still looked for.
#define LEFT 1
// Functions of the C library that start a thread, of which the frame pointers tell one.
#define MOST_STARTERS 3
// What `size` is of a stack that allocates blocks of several sizes.
#define SEVERAL UINT64_MAX

// What the tool reads, 32 words each. Blocks are there only once the rest is.
struct stack {
    uint64_t hash;
    _Atomic uint64_t blocks, bytes;
    // The bytes that were asked for, plus one; 0 at first.
    _Atomic uint64_t size;
    uint64_t depth;
    // Whether frame pointers lead here that miss a function: other stacks may look the same.
    uint64_t is_misleading;
    uint64_t addresses[STACK_DEPTH];
};

// Private memory, as the counters are: a fork copies it, an exec ends it.
struct tables {
    // Numbers of stacks, plus one.
    _Atomic uint32_t places[PLACES];
    _Atomic uint32_t owners[MOST_MAPPINGS];
    _Atomic uint32_t openers[MOST_DESCRIPTORS];
    // The block's address without its last three bits, times 2^16, plus the number of its stack.
    _Atomic uint64_t slots[SLOTS];
    struct stack stacks[MOST_STACKS];
};

static struct tables *tables;
static struct next behind;
static __thread int is_busy __attribute__((tls_model("initial-exec")));

static void lose(void) { atomic_fetch_add_explicit(&watertight_page.allocations_lost, 1, memory_order_relaxed); }

// MARK: Stacks

static uint64_t mixed(uint64_t value) {
    value *= 0x9E3779B97F4A7C15ul;
    return value ^ value >> 32;
}

static uint64_t hash_of(const uint64_t *addresses, size_t depth, uint64_t hash) {
    for (size_t index = 0; index < depth; index++) hash = mixed(hash ^ addresses[index]);
    return hash;
}

// The place that has the stack, or the first empty one behind where it belongs; NULL where all are taken.
static _Atomic uint32_t *place_of(uint64_t hash) {
    for (uint64_t step = 0; step < PLACES; step++) {
        _Atomic uint32_t *place = &tables->places[(hash + step) % PLACES];
        uint32_t owner = atomic_load_explicit(place, memory_order_acquire);
        if (owner == 0 || tables->stacks[owner - 1].hash == hash) return place;
    }
    return NULL;
}

static uint32_t added(uint64_t hash, const uint64_t *addresses, size_t depth, int is_misleading) {
    uint64_t number = atomic_fetch_add(&watertight_page.stacks_used, 1);
    if (number >= MOST_STACKS) return 0;
    struct stack *stack = &tables->stacks[number];
    stack->hash = hash;
    stack->depth = depth;
    stack->is_misleading = is_misleading;
    for (size_t index = 0; index < depth; index++) stack->addresses[index] = addresses[index];
    // Another thread may have been faster, with this stack or with one that belongs here too.
    for (;;) {
        _Atomic uint32_t *place = place_of(hash);
        if (!place) return 0;
        uint32_t owner = 0;
        if (atomic_compare_exchange_strong(place, &owner, (uint32_t)number + 1)) return (uint32_t)number + 1;
        if (tables->stacks[owner - 1].hash == hash) return owner;
    }
}

static uint32_t known_owner(uint64_t hash) {
    _Atomic uint32_t *place = place_of(hash);
    return place ? atomic_load_explicit(place, memory_order_acquire) : 0;
}

// Whether the unwinder finds the same, up to the functions that start the thread.
static int is_confirmed(const uint64_t *addresses, size_t depth) {
    uint64_t unwound[STACK_DEPTH];
    size_t count = watertight_by_unwinding(unwound);
    if (count == 0) return 1;
    if (count < depth || count > depth + MOST_STARTERS) return 0;
    for (size_t index = 0; index < depth; index++) {
        if (addresses[index] != unwound[index]) return 0;
    }
    return 1;
}

static uint32_t owner_by_frame_pointers(void) {
    uint64_t addresses[STACK_DEPTH];
    size_t depth = watertight_by_frame_pointers(addresses);
    if (depth == 0) return 0;
    uint64_t hash = hash_of(addresses, depth, 1);
    uint32_t owner = known_owner(hash);
    if (!owner) owner = added(hash, addresses, depth, !is_confirmed(addresses, depth));
    return owner && !tables->stacks[owner - 1].is_misleading ? owner : 0;
}

static uint32_t owner_by_unwinding(void) {
    uint64_t addresses[STACK_DEPTH];
    size_t depth = watertight_by_unwinding(addresses);
    uint64_t hash = hash_of(addresses, depth, 2);
    uint32_t owner = known_owner(hash);
    return owner ? owner : added(hash, addresses, depth, 0);
}

// None for a call from here.
uint32_t watertight_owner(void) {
    if (!tables || is_busy) return 0;
    int error = __errno_location ? *__errno_location() : 0;
    is_busy = 1;
    uint32_t owner = owner_by_frame_pointers();
    if (!owner) owner = owner_by_unwinding();
    is_busy = 0;
    if (__errno_location) *__errno_location() = error;
    if (!owner) lose();
    return owner;
}

void watertight_note_opener(long descriptor) {
    if (!tables || descriptor < 0 || descriptor >= MOST_DESCRIPTORS) return;
    atomic_store_explicit(&tables->openers[descriptor], watertight_owner(), memory_order_release);
}

void watertight_forget_opener(long descriptor) {
    if (!tables || descriptor < 0 || descriptor >= MOST_DESCRIPTORS) return;
    atomic_store_explicit(&tables->openers[descriptor], 0, memory_order_release);
}

static void charge(struct stack *stack, uint64_t sign, uint64_t bytes) {
    atomic_fetch_add_explicit(&stack->blocks, sign, memory_order_relaxed);
    atomic_fetch_add_explicit(&stack->bytes, sign * bytes, memory_order_relaxed);
}

static void note_size(struct stack *stack, size_t size) {
    uint64_t known = 0;
    if (atomic_load_explicit(&stack->size, memory_order_relaxed) == size + 1) return;
    if (atomic_compare_exchange_strong(&stack->size, &known, size + 1) || known == size + 1) return;
    atomic_store_explicit(&stack->size, SEVERAL, memory_order_relaxed);
}

// MARK: Blocks

static size_t size_of(void *block) { return malloc_usable_size ? malloc_usable_size(block) : 0; }

// Blocks that lie together stand together: a kilobyte of them has a line of slots of its own.
static uint64_t slot_of(void *block, uint64_t step) {
    uint64_t address = (uint64_t)block;
    return ((mixed(address >> 10) << 6 | (address >> 4 & 63)) + step) % SLOTS;
}

static int is_stored(void *block, uint32_t owner) {
    uint64_t entry = (uint64_t)block >> 3 << 16 | (owner - 1);
    for (uint64_t step = 0; step < FARTHEST; step++) {
        _Atomic uint64_t *slot = &tables->slots[slot_of(block, step)];
        uint64_t found = atomic_load_explicit(slot, memory_order_relaxed);
        if (found <= LEFT && atomic_compare_exchange_strong(slot, &found, entry)) return 1;
    }
    return 0;
}

static void begin(void *block, uint32_t owner) {
    if (!owner) return;
    if (!is_stored(block, owner)) return lose();
    charge(&tables->stacks[owner - 1], 1, size_of(block));
}

// What the block was charged to; 0 where it is older than the tables.
static uint32_t end(void *block) {
    for (uint64_t step = 0; step < FARTHEST; step++) {
        _Atomic uint64_t *slot = &tables->slots[slot_of(block, step)];
        uint64_t entry = atomic_load_explicit(slot, memory_order_relaxed);
        if (entry == 0) return 0;
        if (entry >> 16 != (uint64_t)block >> 3) continue;
        uint32_t number = entry & 0xFFFF;
        charge(&tables->stacks[number], -1ul, size_of(block));
        // Before the allocator can give its address to another.
        atomic_store_explicit(slot, LEFT, memory_order_release);
        return number + 1;
    }
    return 0;
}

static void *traced(void *block, size_t size) {
    uint32_t owner = block ? watertight_owner() : 0;
    if (!owner) return block;
    note_size(&tables->stacks[owner - 1], size);
    begin(block, owner);
    return block;
}

// MARK: What stands before the allocator

static void *traced_malloc(size_t size) { return traced(behind.malloc(size), size); }

static void *traced_calloc(size_t count, size_t size) { return traced(behind.calloc(count, size), count * size); }

static void *traced_realloc(void *block, size_t size) {
    uint32_t owner = end(block);
    void *result = behind.realloc(block, size);
    if (result) return traced(result, size);
    // It is where it was.
    if (size > 0) begin(block, owner);
    return NULL;
}

static void *traced_memalign(size_t alignment, size_t size) { return traced(behind.memalign(alignment, size), size); }

static void *traced_aligned_alloc(size_t alignment, size_t size) {
    return traced(behind.aligned_alloc(alignment, size), size);
}

static void *traced_valloc(size_t size) { return traced(behind.valloc(size), size); }

static void *traced_pvalloc(size_t size) { return traced(behind.pvalloc(size), size); }

static int traced_posix_memalign(void **result, size_t alignment, size_t size) {
    int error = behind.posix_memalign(result, alignment, size);
    if (error == 0) traced(*result, size);
    return error;
}

static void traced_free(void *block) {
    end(block);
    behind.free(block);
}

#define STAND_BEFORE(name)       \
    behind.name = next.name;     \
    if (next.name) next.name = traced_##name

void watertight_trace(void) {
    if (!watertight_resolve() || !next.malloc || !next.free || !next.calloc || !next.realloc || !syscall) return;
    watertight_prepare_stacks();
    long result = syscall(
        SYS_mmap, NULL, sizeof *tables, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (result == -1) return;
    tables = (struct tables *)result;
    watertight_page.stacks = (uint64_t)tables->stacks;
    watertight_page.owners = (uint64_t)tables->owners;
    watertight_page.openers = (uint64_t)tables->openers;
    STAND_BEFORE(malloc);
    STAND_BEFORE(calloc);
    STAND_BEFORE(realloc);
    STAND_BEFORE(memalign);
    STAND_BEFORE(aligned_alloc);
    STAND_BEFORE(posix_memalign);
    STAND_BEFORE(valloc);
    STAND_BEFORE(pvalloc);
    STAND_BEFORE(free);
}

// MARK: Mappings, which only their table counts

_Atomic uint32_t *watertight_owner_at(uint64_t index) { return &tables->owners[index]; }
