// Holding the threads of another process still (ptrace(2)), whose calls Swift does not see: ptrace takes any number of
// arguments.
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

int clinux_hold_thread(int thread, int milliseconds) {
    if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) == -1) return -1;
    if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == -1) return errno == ESRCH ? 0 : -1;
    for (int attempt = 0; attempt < milliseconds * 20; attempt++) {
        int status;
        pid_t found = waitpid(thread, &status, __WALL | WNOHANG);
        if (found == -1 && errno != EINTR) return errno == ECHILD ? 0 : -1;
        if (found == thread) {
            if (!WIFSTOPPED(status)) return 0;
            // A stop that PTRACE_INTERRUPT or a stopping signal made has no signal to pass on; another has.
            return status >> 16 == PTRACE_EVENT_STOP ? 0x100 : 0x100 | WSTOPSIG(status);
        }
        struct timespec pause = {0, 50000};
        nanosleep(&pause, NULL);
    }
    errno = ETIMEDOUT;
    return -1;
}

void clinux_release_thread(int thread, int signal) {
    ptrace(PTRACE_DETACH, thread, NULL, (void *)(long)(signal & 0xff));
}
