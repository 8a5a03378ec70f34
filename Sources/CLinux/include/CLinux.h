// What Linux offers and the Glibc module does not export: epoll, eventfd, accept4, netlink, allocator statistics, and
// the constants that are macros. Declarations and inline accessors, and the few functions that cannot be written in Swift.
#ifndef WATERTIGHT_CLINUX_H
#define WATERTIGHT_CLINUX_H

// None of the headers that the Glibc module covers is included: Swift would then see their types here or there,
// whichever was compiled first.
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>

// Hidden behind _GNU_SOURCE in headers that the Glibc module has already read without it. socklen_t is an unsigned
// int and pthread_t an unsigned long on every Linux.
struct sockaddr;
extern int accept4(int descriptor, struct sockaddr *address, unsigned int *length, int flags);
extern int pipe2(int descriptors[2], int flags);
extern int memfd_create(const char *name, unsigned int flags);
extern int pthread_setname_np(unsigned long thread, const char *name);
struct iovec;
extern long process_vm_readv(int process, const struct iovec *local, unsigned long localCount,
                             const struct iovec *remote, unsigned long remoteCount, unsigned long flags);

// Of Swift's own runtime: the name of a function as its source has it, to be freed, or NULL where it is none of Swift's.
extern char *swift_demangle(const char *name, unsigned long length, char *buffer, unsigned long *size, uint32_t flags);

// Whether the child has ended, and how, as waitpid(2) has it. It is not reaped: as long as it is not, nobody else is given
// its number, and a signal to that reaches no stranger.
extern int clinux_has_ended(int pid, int *status);

// Sends a signal to the process whose directory in /proc is open as `process`, and to none that has its number later; 0, or -1
// with errno set.
extern int clinux_signal_process(int process, int number);

// What the guardian of a program says (guardian.c), each in a packet of its own.
enum { clinux_guardian_started = 1, clinux_guardian_failed = 2, clinux_guardian_ended = 3 };
struct clinux_guardian_message {
    int32_t kind;
    // A process number, an error number, or a status as of waitpid.
    int32_t value;
};

// Starts a program under a guardian, which is the process that is returned, or -1 with errno set. The guardian speaks
// through `channel`, and kills all of the program's processes and ends when it finds that closed.
extern int clinux_start_guarded(char *const arguments[], char *const environment[], int output, int errors,
                                int *channel);

// Stops a thread of another process, in hold.c: 0 if it has ended, a positive number to be given back when it is
// released, or -1 with errno set; ETIMEDOUT where it did not stop within so many milliseconds. What is held is released
// when the thread that holds it ends.
extern int clinux_hold_thread(int thread, int milliseconds);
extern void clinux_release_thread(int thread, int held);

static const uint32_t clinux_EPOLLIN = EPOLLIN;
static const uint32_t clinux_EPOLLOUT = EPOLLOUT;
static const uint32_t clinux_EPOLLRDHUP = EPOLLRDHUP;
static const uint32_t clinux_EPOLLHUP = EPOLLHUP;
static const uint32_t clinux_EPOLLERR = EPOLLERR;

#endif
