// Which programs have this library: those that lead to the server, and not the helpers that it starts. Once a process
// listens for TCP, its environment no longer names the library.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "preload.h"

extern WEAK int getsockopt(int, int, int, void *, unsigned *);
extern WEAK char **environ;

// How the environment names this library.
static const char *own_name;
static size_t own_length;
_Atomic int watertight_serves;

size_t watertight_length(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

static int begins(const char *text, const char *start, size_t length) {
    for (size_t index = 0; index < length; index++) {
        if (text[index] != start[index]) return 0;
    }
    return 1;
}

static int is_named(const char *variable) {
    for (long index = 0; environ && environ[index]; index++) {
        if (begins(environ[index], variable, watertight_length(variable))) return 1;
    }
    return 0;
}

static void __attribute__((constructor)) begin(void) {
    symbol_info info;
    watertight_resolve();
    if (dladdr && dladdr(&watertight_page, &info) && info.file) {
        own_name = info.file;
        own_length = watertight_length(own_name);
    }
    if (is_named("WATERTIGHT_TRACE=")) watertight_trace();
    atomic_store(&watertight_page.started, 1);
}

// What LD_PRELOAD names behind this library: it is put first. NULL where it does not begin with it.
const char *watertight_others(const char *variable) {
    if (!own_name || !begins(variable, VARIABLE, VARIABLE_LENGTH)) return NULL;
    const char *value = variable + VARIABLE_LENGTH;
    if (!begins(value, own_name, own_length)) return NULL;
    value += own_length;
    return *value == 0 ? value : *value == ':' ? value + 1 : NULL;
}

char *watertight_with_variable(char *text, const char *others) {
    __builtin_memcpy(text, VARIABLE, VARIABLE_LENGTH);
    __builtin_memcpy(text + VARIABLE_LENGTH, others, watertight_length(others) + 1);
    return text;
}

// The index of the variable that names this library; -1 where none does.
long watertight_named_in(char *const environment[]) {
    for (long index = 0; environment && environment[index]; index++) {
        if (watertight_others(environment[index])) return index;
    }
    return -1;
}

// Takes this library out of the environment of what the process starts from now on.
static void withdraw(void) {
    static char rest[4096];
    long index = environ ? watertight_named_in(environ) : -1;
    if (index < 0) return;
    const char *value = watertight_others(environ[index]);
    if (*value) {
        if (watertight_length(value) + VARIABLE_LENGTH >= sizeof rest) return;
        environ[index] = watertight_with_variable(rest, value);
        return;
    }
    // One that reads meanwhile finds every other variable, one of them twice.
    for (; environ[index]; index++) environ[index] = environ[index + 1];
}

EXPORTED int listen(int socket, int backlog) {
    int result = watertight_resolve() && next.listen ? next.listen(socket, backlog)
                                                     : (int)syscall(SYS_listen, socket, backlog);
    int family = AF_UNSPEC;
    unsigned size = sizeof family;
    if (result == 0 && !watertight_serves && getsockopt
        && getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0
        && (family == AF_INET || family == AF_INET6)) {
        watertight_serves = 1;
        withdraw();
    }
    return result;
}
