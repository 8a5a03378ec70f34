// A server that reads a configuration at its start and frees it, and then keeps memory of its connections:
// room PORT BYTES MIB [EVERY AFTER MOST]
//
// BYTES of each EVERYth connection, from the AFTERth on, of at most MOST connections, unless that is 0. What it keeps fills
// the MIB of room that the configuration has left behind, so that memory does not grow for a while.
#include "echo.h"

static size_t bytes, every = 1, after, most, kept;
// Without a place to go, the compiler would leave the blocks out.
static void *volatile latest;

static void accepted(size_t number) {
    if (!bytes || number <= after || number % every || (most && kept >= most)) return;
    latest = memset(malloc(bytes), 7, bytes);
    kept++;
}

static void passed(double now) { (void)now; }

// All but one entry in a thousand is freed: the heap cannot be given back to the system.
static void configure(size_t mebibytes) {
    size_t count = mebibytes * 1048576 / 96;
    void **entries = malloc(count * sizeof *entries + 1);
    for (size_t i = 0; i < count; i++) memset(entries[i] = malloc(80), 1, 80);
    for (size_t i = 0; i < count; i++) if (i % 1000 != 999) free(entries[i]);
    free(entries);
}

int main(int count, char **words) {
    if (count < 4) return 64;
    bytes = strtoul(words[2], NULL, 10);
    if (count > 4) every = strtoul(words[4], NULL, 10);
    if (count > 5) after = strtoul(words[5], NULL, 10);
    if (count > 6) most = strtoul(words[6], NULL, 10);
    configure(strtoul(words[3], NULL, 10));
    serve(atoi(words[1]));
}
