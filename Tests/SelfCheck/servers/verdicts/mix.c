// A server that keeps something of each connection for a while, and of each EVERYth for good, unless EVERY is 0:
// mix PORT BYTES SECONDS EVERY
//
// BYTES of memory, or a descriptor where BYTES is 0.
#include "echo.h"

static struct {
    void *block;
    int descriptor;
    double until;
} kept[1 << 20];
static size_t first, last, bytes, every;
static double seconds, present;

static void accepted(size_t number) {
    void *block = bytes ? memset(malloc(bytes), 7, bytes) : NULL;
    int descriptor = bytes ? -1 : dup(0);
    if (every && number % every == 0) return;
    size_t index = last++ % (sizeof kept / sizeof *kept);
    kept[index].block = block;
    kept[index].descriptor = descriptor;
    kept[index].until = present + seconds;
}

static void passed(double now) {
    present = now;
    for (; first != last; first++) {
        size_t index = first % (sizeof kept / sizeof *kept);
        if (kept[index].until > now) return;
        free(kept[index].block);
        if (kept[index].descriptor >= 0) close(kept[index].descriptor);
    }
}

int main(int count, char **words) {
    if (count < 5) return 64;
    bytes = strtoul(words[2], NULL, 10);
    seconds = strtod(words[3], NULL);
    every = strtoul(words[4], NULL, 10);
    serve(atoi(words[1]));
}
