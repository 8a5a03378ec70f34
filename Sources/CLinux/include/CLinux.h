// What Linux offers and the Glibc module does not export: epoll, eventfd, accept4, netlink, allocator statistics, and
// the constants that are macros. Only declarations and inline accessors; nothing here has state.
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
extern int pthread_setname_np(unsigned long thread, const char *name);
struct iovec;
extern long process_vm_readv(int process, const struct iovec *local, unsigned long localCount,
                             const struct iovec *remote, unsigned long remoteCount, unsigned long flags);

static const uint32_t clinux_EPOLLIN = EPOLLIN;
static const uint32_t clinux_EPOLLOUT = EPOLLOUT;
static const uint32_t clinux_EPOLLRDHUP = EPOLLRDHUP;
static const uint32_t clinux_EPOLLHUP = EPOLLHUP;
static const uint32_t clinux_EPOLLERR = EPOLLERR;

#endif
