// Puts a function of ours between swift-testing and each test of this program, where WATERTIGHT_LEAK_FREE asks for it.
//
// swift-testing calls a record's function without saying of which record it is. So each record gets a function of its own,
// which passes its number on; there is a supply of them.
#include "include/CTestRecords.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

typedef bool accessor(void *value, const void *type, const void *hint, uintptr_t reserved);

struct record {
    uint32_t kind, reserved1;
    accessor *accessor;
    uintptr_t context, reserved2;
};

// The letters of `test`.
#define KIND_TEST 0x74657374u

// The linker gives the section's bounds these names; without tests there is none.
extern struct record first_record[] __asm__("__start_swift5_tests") __attribute__((weak, visibility("hidden")));
extern struct record end_of_records[] __asm__("__stop_swift5_tests") __attribute__((weak, visibility("hidden")));

// Changes what a record has made. In Swift.
extern void watertight_change_test(void *value, const void *type);

static accessor *originals[WATERTIGHT_MOST_TESTS];
static uint32_t count;

uint32_t watertight_test_count(void) { return count; }

// Makes the test of the record with this number, and changes it.
__attribute__((used, visibility("hidden"))) bool watertight_make_test(
    void *value, const void *type, const void *hint, uintptr_t reserved, uint32_t number) {
    if (!originals[number](value, type, hint, reserved)) return false;
    watertight_change_test(value, type);
    return true;
}

// A run that checks nothing must not pass for one that found nothing.
static void refuse(const char *reason) {
    fprintf(stderr, "WATERTIGHT_LEAK_FREE: %s; give the tests .leakFree, or unset the variable\n", reason);
    exit(EX_UNAVAILABLE);
}

// The supply: each function sets the fifth argument to its number.
#define TEXT(value) TEXT_OF(value)
#define TEXT_OF(value) #value
#if defined(__x86_64__)
#define PASS_ON "movl $number, %r8d\n jmp watertight_make_test\n"
#elif defined(__aarch64__)
#define PASS_ON "movz w4, #number\n b watertight_make_test\n"
#endif

// Whether each test is to be checked.
static int is_asked(void) {
    const char *asked = getenv("WATERTIGHT_LEAK_FREE");
    return asked && *asked;
}

#ifdef PASS_ON
__asm__(".pushsection .text.watertight_test_functions, \"ax\", %progbits\n"
        ".p2align 4\n"
        ".hidden watertight_test_functions\n"
        ".globl watertight_test_functions\n"
        ".type watertight_test_functions, %function\n"
        "watertight_test_functions:\n"
        ".set number, 0\n"
        ".rept " TEXT(WATERTIGHT_MOST_TESTS) "\n"
        ".p2align 4\n" PASS_ON ".set number, number + 1\n"
        ".endr\n"
        ".popsection\n");
#define FUNCTION_BYTES 16

extern char watertight_test_functions[];

__attribute__((constructor)) static void begin(void) {
    if (!is_asked()) return;
    for (struct record *record = first_record; record < end_of_records && count < WATERTIGHT_MOST_TESTS; record++) {
        if (record->kind != KIND_TEST || !record->accessor) continue;
        originals[count] = record->accessor;
        record->accessor = (accessor *)(void *)(watertight_test_functions + FUNCTION_BYTES * count);
        count++;
    }
    if (count == 0) refuse("this program has no test of swift-testing that could be changed");
}
#else
__attribute__((constructor)) static void begin(void) {
    if (is_asked()) refuse("tests can be changed on x86_64 and aarch64 only");
}
#endif
