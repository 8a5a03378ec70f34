// The stack of the calling thread: along frame pointers where the program keeps them, otherwise with the unwinder of
// the compiler's runtime, which reads tables and takes several times as long.
#define _GNU_SOURCE
#include "preload.h"

// As <dlfcn.h> has it.
#define RTLD_LAZY 1
// The frames of tasks in Swift carry a mark in the pointer to them.
#define ASYNC_MARK (1ul << 60)

extern WEAK void *dlopen(const char *, int);
extern WEAK uintptr_t pthread_self(void);
extern WEAK int pthread_getattr_np(uintptr_t, void *), pthread_attr_getstack(const void *, void **, size_t *);
extern WEAK int pthread_attr_destroy(void *);

static int (*backtrace)(int (*)(void *, void *), void *);
static uintptr_t (*address_in)(void *);
static struct range ours, c_library;

static __thread struct range stack __attribute__((tls_model("initial-exec")));

// MARK: Frame pointers

// Where the thread's stack lies; an address that nothing is at where that is not known.
static __attribute__((noinline)) void find_stack(void) {
    uint64_t attributes[16];
    void *start = NULL;
    size_t size = 0;
    stack = (struct range){1, 1};
    if (!pthread_self || !pthread_getattr_np || !pthread_attr_getstack || !pthread_attr_destroy) return;
    if (pthread_getattr_np(pthread_self(), attributes) != 0) return;
    if (pthread_attr_getstack(attributes, &start, &size) == 0) {
        stack = (struct range){(uintptr_t)start, (uintptr_t)start + size - 2 * sizeof(uintptr_t)};
    }
    pthread_attr_destroy(attributes);
}

// A whole chain ends where the C library starts the thread.
size_t watertight_by_frame_pointers(uint64_t *addresses) {
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0), caller = 0;
    size_t count = 0;
    if (!stack.start) find_stack();
    while (watertight_contains(stack, frame) && frame % sizeof frame == 0) {
        uintptr_t outer = ((uintptr_t *)frame)[0] & ~ASYNC_MARK;
        caller = ((uintptr_t *)frame)[1];
        if (!watertight_contains(ours, caller)) addresses[count++] = caller;
        if (outer == 0 || count == STACK_DEPTH) return count;
        if (outer <= frame) break;
        frame = outer;
    }
    return watertight_contains(c_library, caller) ? count : 0;
}

// MARK: The unwinder

struct walk {
    uint64_t *addresses;
    size_t count;
};

// The results are _URC_NO_REASON and _URC_END_OF_STACK.
static int step(void *context, void *argument) {
    struct walk *walk = argument;
    uintptr_t address = address_in(context);
    // The outermost function of all returns to 0.
    if (address && !watertight_contains(ours, address)) walk->addresses[walk->count++] = address;
    return walk->count == STACK_DEPTH ? 5 : 0;
}

size_t watertight_by_unwinding(uint64_t *addresses) {
    struct walk walk = {addresses, 0};
    if (backtrace && address_in) backtrace(step, &walk);
    return walk.count;
}

// MARK: What both need

void watertight_prepare_stacks(void) {
    uint64_t addresses[STACK_DEPTH];
    void *runtime = dlopen ? dlopen("libgcc_s.so.1", RTLD_LAZY) : NULL;
    if (runtime && dlsym) {
        address_in = (uintptr_t(*)(void *))dlsym(runtime, "_Unwind_GetIP");
        backtrace = (int (*)(int (*)(void *, void *), void *))dlsym(runtime, "_Unwind_Backtrace");
    }
    ours = watertight_range_of(&watertight_page);
    c_library = watertight_range_of((const void *)syscall);
    // What it allocates the first time it does now.
    watertight_by_unwinding(addresses);
}
