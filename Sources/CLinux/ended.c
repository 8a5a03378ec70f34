#define _GNU_SOURCE
#include <stddef.h>
#include <sys/wait.h>

#include "CLinux.h"

int clinux_has_ended(int pid, int *status) {
    siginfo_t end = {0};
    if (waitid(P_PID, (id_t)pid, &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid != pid) return 0;
    switch (end.si_code) {
    case CLD_EXITED: *status = (end.si_status & 0xff) << 8; break;
    case CLD_DUMPED: *status = end.si_status | 0x80; break;
    default: *status = end.si_status;
    }
    return 1;
}
