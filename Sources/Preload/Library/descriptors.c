// Has the stack noted that opens each descriptor, where an explanation asks for it. What opens one without these functions
// leaves it without a stack, for whatever closes one takes its stack away.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "preload.h"

extern WEAK int fileno(void *);

static int opened(long descriptor) {
    watertight_note_opener(descriptor);
    return (int)descriptor;
}

// The function behind this library, or the system call that it makes.
#define CALL(name, number, ...) \
    (watertight_resolve() && next.name ? (long)next.name(__VA_ARGS__) : syscall(number, __VA_ARGS__))

// MARK: Files

static int has_mode(int flags) { return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE; }

#define MODE(flags)                           \
    int mode = 0;                             \
    if (has_mode(flags)) {                    \
        va_list arguments;                    \
        va_start(arguments, flags);           \
        mode = va_arg(arguments, int);        \
        va_end(arguments);                    \
    }

static int open_at(int folder, const char *path, int flags, int mode) {
    return opened(CALL(openat, SYS_openat, folder, path, flags, mode));
}

EXPORTED int open(const char *path, int flags, ...) {
    MODE(flags);
    return open_at(AT_FDCWD, path, flags, mode);
}

EXPORTED int open64(const char *path, int flags, ...) {
    MODE(flags);
    return open_at(AT_FDCWD, path, flags, mode);
}

EXPORTED int openat(int folder, const char *path, int flags, ...) {
    MODE(flags);
    return open_at(folder, path, flags, mode);
}

EXPORTED int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags);
    return open_at(folder, path, flags, mode);
}

// What the headers of the C library make of calls with two arguments.
EXPORTED int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
EXPORTED int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
EXPORTED int __openat_2(int folder, const char *path, int flags) { return open_at(folder, path, flags, 0); }
EXPORTED int __openat64_2(int folder, const char *path, int flags) { return open_at(folder, path, flags, 0); }

EXPORTED int creat(const char *path, unsigned mode) {
    return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, (int)mode);
}

EXPORTED int creat64(const char *path, unsigned mode) { return creat(path, mode); }

static void *stream(void *file) {
    if (file && fileno) watertight_note_opener(fileno(file));
    return file;
}

static void *missing(void) {
    if (__errno_location) *__errno_location() = ENOSYS;
    return NULL;
}

EXPORTED void *fopen(const char *path, const char *mode) {
    return watertight_resolve() && next.fopen ? stream(next.fopen(path, mode)) : missing();
}

EXPORTED void *fopen64(const char *path, const char *mode) {
    return watertight_resolve() && next.fopen64 ? stream(next.fopen64(path, mode)) : missing();
}

EXPORTED int memfd_create(const char *name, unsigned flags) {
    return opened(CALL(memfd_create, SYS_memfd_create, name, flags));
}

// MARK: Sockets

EXPORTED int socket(int family, int type, int protocol) {
    return opened(CALL(socket, SYS_socket, family, type, protocol));
}

static int both(long result, const int *pair) {
    for (int index = 0; result == 0 && index < 2; index++) watertight_note_opener(pair[index]);
    return (int)result;
}

EXPORTED int socketpair(int family, int type, int protocol, int pair[2]) {
    return both(CALL(socketpair, SYS_socketpair, family, type, protocol, pair), pair);
}

EXPORTED int accept(int listener, void *address, unsigned *length) {
    return opened(
        watertight_resolve() && next.accept ? (long)next.accept(listener, address, length)
                                            : syscall(SYS_accept4, listener, address, length, 0));
}

EXPORTED int accept4(int listener, void *address, unsigned *length, int flags) {
    return opened(CALL(accept4, SYS_accept4, listener, address, length, flags));
}

// MARK: Others

EXPORTED int dup(int descriptor) { return opened(CALL(dup, SYS_dup, descriptor)); }

// Of two equal descriptors nothing is opened.
EXPORTED int dup2(int descriptor, int other) {
    long result;
    if (watertight_resolve() && next.dup2) {
        result = next.dup2(descriptor, other);
    } else {
        result = descriptor == other ? descriptor : syscall(SYS_dup3, descriptor, other, 0);
    }
    return descriptor == other ? (int)result : opened(result);
}

EXPORTED int dup3(int descriptor, int other, int flags) {
    return opened(CALL(dup3, SYS_dup3, descriptor, other, flags));
}

EXPORTED int pipe2(int pair[2], int flags) { return both(CALL(pipe2, SYS_pipe2, pair, flags), pair); }
EXPORTED int pipe(int pair[2]) { return pipe2(pair, 0); }

EXPORTED int epoll_create1(int flags) { return opened(CALL(epoll_create1, SYS_epoll_create1, flags)); }

EXPORTED int eventfd(unsigned value, int flags) { return opened(CALL(eventfd, SYS_eventfd2, value, flags)); }

EXPORTED int timerfd_create(int clock, int flags) {
    return opened(CALL(timerfd_create, SYS_timerfd_create, clock, flags));
}

EXPORTED int inotify_init1(int flags) { return opened(CALL(inotify_init1, SYS_inotify_init1, flags)); }

// MARK: Closing

// Before the call: behind it another thread may have the number already.
EXPORTED int close(int descriptor) {
    watertight_forget_opener(descriptor);
    return (int)CALL(close, SYS_close, descriptor);
}

EXPORTED int fclose(void *file) {
    if (file && fileno) watertight_forget_opener(fileno(file));
    if (watertight_resolve() && next.fclose) return next.fclose(file);
    missing();
    return -1;
}
