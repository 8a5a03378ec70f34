// pidfd_send_signal(2), for which glibc has a function from 2.36 on only.
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLinux.h"

int clinux_signal_process(int process, int number) {
    return (int)syscall(SYS_pidfd_send_signal, process, number, NULL, 0);
}
