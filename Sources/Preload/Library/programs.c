// Starting programs with an environment that was put together before the process served.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>

#include "preload.h"

extern WEAK char **environ;

static size_t count(char *const environment[]) {
    size_t count = 0;
    while (environment[count]) count++;
    return count;
}

// Declares `clean`, `environment` without this library once the process serves, on the stack: what starts a program
// here may share its memory with its parent.
#define CLEAN(environment)                                                                                 \
    long named = watertight_serves && environment ? watertight_named_in(environment) : -1;                 \
    const char *rest = named < 0 ? "" : watertight_others(environment[named]);                             \
    char *copy[named < 0 ? 1 : count(environment) + 1], text[VARIABLE_LENGTH + watertight_length(rest) + 1]; \
    char *variable = *rest ? watertight_with_variable(text, rest) : NULL;                                  \
    char *const *clean = named < 0 ? environment : copied(copy, environment, named, variable)

static char *const *copied(char **copy, char *const environment[], long named, char *variable) {
    char **end = copy;
    for (long index = 0; environment[index]; index++) {
        if (index != named) *end++ = environment[index];
    }
    if (variable) *end++ = variable;
    *end = NULL;
    return copy;
}

static int missing(void) {
    if (__errno_location) *__errno_location() = ENOSYS;
    return -1;
}

EXPORTED int execve(const char *path, char *const arguments[], char *const environment[]) {
    CLEAN(environment);
    if (!watertight_resolve() || !next.execve) return (int)syscall(SYS_execve, path, arguments, clean);
    return next.execve(path, arguments, clean);
}

EXPORTED int execv(const char *path, char *const arguments[]) { return execve(path, arguments, environ); }

EXPORTED int execvpe(const char *file, char *const arguments[], char *const environment[]) {
    CLEAN(environment);
    return watertight_resolve() && next.execvpe ? next.execvpe(file, arguments, clean) : missing();
}

EXPORTED int execvp(const char *file, char *const arguments[]) { return execvpe(file, arguments, environ); }

EXPORTED int fexecve(int file, char *const arguments[], char *const environment[]) {
    CLEAN(environment);
    return watertight_resolve() && next.fexecve ? next.fexecve(file, arguments, clean) : missing();
}

EXPORTED int execveat(int folder, const char *path, char *const arguments[], char *const environment[], int flags) {
    CLEAN(environment);
    if (watertight_resolve() && next.execveat) return next.execveat(folder, path, arguments, clean, flags);
    return (int)syscall(SYS_execveat, folder, path, arguments, clean, flags);
}

EXPORTED int posix_spawn(
    int *pid, const char *path, const void *actions, const void *attributes, char *const arguments[],
    char *const environment[]) {
    CLEAN(environment);
    return watertight_resolve() && next.posix_spawn
               ? next.posix_spawn(pid, path, actions, attributes, arguments, clean) : ENOSYS;
}

EXPORTED int posix_spawnp(
    int *pid, const char *file, const void *actions, const void *attributes, char *const arguments[],
    char *const environment[]) {
    CLEAN(environment);
    return watertight_resolve() && next.posix_spawnp
               ? next.posix_spawnp(pid, file, actions, attributes, arguments, clean) : ENOSYS;
}
