// What Linux offers and the Glibc module does not export: epoll, eventfd, accept4, allocator statistics, and the
// constants that are macros. Only declarations and inline accessors; nothing here has state.
#ifndef WATERTIGHT_CLINUX_H
#define WATERTIGHT_CLINUX_H

#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/types.h>

// Hidden behind _GNU_SOURCE in headers that the Glibc module has already read without it.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
extern int pipe2(int descriptors[2], int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);

static const uint32_t clinux_EPOLLIN = EPOLLIN;
static const uint32_t clinux_EPOLLOUT = EPOLLOUT;
static const uint32_t clinux_EPOLLRDHUP = EPOLLRDHUP;
static const uint32_t clinux_EPOLLHUP = EPOLLHUP;
static const uint32_t clinux_EPOLLERR = EPOLLERR;

#endif
