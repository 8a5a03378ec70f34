// A program with a guardian: a small process between this one and the program, which adopts whatever the program's
// processes leave behind, and kills all of them once this process ends or asks for it.
//
// The guardian is forked from a process of many threads and starts no program of its own, so it only makes system calls
// that are safe then: it takes no lock and no memory.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLinux.h"

// Descriptors that a kernel without close_range may leave open above.
#define MOST_DESCRIPTORS 65536
// How long the guardian tries to end the processes: rounds of 20 ms.
#define END_ROUNDS 500

static void close_from_to(unsigned first, unsigned last) {
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
    for (unsigned number = first; number <= last && number < MOST_DESCRIPTORS; number++) close((int)number);
}

// Closes every descriptor but two.
static void close_all_but(int one, int other) {
    unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);
    if (low > 0) close_from_to(0, low - 1);
    close_from_to(low + 1, high - 1);
    close_from_to(high + 1, ~0u);
}

static void restore_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
}

static void tell(int channel, int kind, int value) {
    struct clinux_guardian_message message = {kind, value};
    (void)!send(channel, &message, sizeof message, MSG_NOSIGNAL);
}

// Becomes the program; returns only where it cannot.
static void become(char *const arguments[], char *const environment[], int output, int errors, pid_t guardian) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != guardian) _exit(127);
    int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Out of the way of the three that are set.
    output = fcntl(output, F_DUPFD_CLOEXEC, 3);
    errors = fcntl(errors, F_DUPFD_CLOEXEC, 3);
    if (empty < 0 || output < 0 || errors < 0) return;
    // One that has the right number already would be closed by exec.
    if (empty == 0) fcntl(empty, F_SETFD, 0);
    if (dup2(empty, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) return;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(arguments[0], arguments, environment);
}

// Starts the program; its number, or -1 with errno set.
static pid_t start(char *const arguments[], char *const environment[], int output, int errors) {
    int report[2];
    pid_t guardian = getpid();
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        become(arguments, environment, output, errors, guardian);
        (void)!write(report[1], &errno, sizeof errno);
        _exit(127);
    }
    int failure = pid < 0 ? errno : 0;
    close(report[1]);
    while (pid > 0 && read(report[0], &failure, sizeof failure) < 0 && errno == EINTR) {}
    close(report[0]);
    if (failure == 0) return pid;
    if (pid > 0) waitpid(pid, NULL, 0);
    errno = failure;
    return -1;
}

// Reaps the child `pid` if it has ended; whether it still runs.
static int reap_child(pid_t pid) {
    return waitpid(pid, NULL, WNOHANG) == 0;
}

static int kill_child(pid_t pid) {
    kill(pid, SIGKILL);
    return 0;
}

// Calls `act` for each child that the kernel lists, but for `program`; the sum of what it returns, or -1 where the kernel
// has no such list.
static int each_child_but(pid_t program, int (*act)(pid_t)) {
    int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    char text[4096];
    pid_t pid = 0;
    ssize_t count;
    int sum = 0;
    while ((count = read(file, text, sizeof text)) > 0) {
        for (ssize_t index = 0; index < count; index++) {
            if (text[index] >= '0' && text[index] <= '9') {
                pid = pid * 10 + (text[index] - '0');
            } else if (pid > 0) {
                if (pid != program) sum += act(pid);
                pid = 0;
            }
        }
    }
    close(file);
    return sum;
}

// Whether a child still runs, after the others that have ended were reaped, but for the program, whose end is told.
//
// As long as the program is not reaped, nobody is given its number, which is that of its group: a signal that is sent to
// the group reaches no stranger.
static int reap(pid_t program, int *has_told, int channel) {
    int end = 0;
    if (!*has_told && clinux_has_ended(program, &end)) {
        tell(channel, clinux_guardian_ended, end);
        *has_told = 1;
    }
    int others = each_child_but(program, reap_child);
    if (others >= 0) return !*has_told || others > 0;
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid == program && !*has_told) tell(channel, clinux_guardian_ended, status);
        if (pid == program) *has_told = 1;
        if (pid == 0) return 1;
        if (pid < 0 && errno != EINTR) return 0;
    }
}

// Kills round by round: the children of whoever ends become children of this process.
static void end_all(pid_t program, int *has_told, int channel, int signals) {
    kill(-program, SIGKILL);
    for (int round = 0; round < END_ROUNDS && reap(program, has_told, channel); round++) {
        each_child_but(program, kill_child);
        struct pollfd entry = {.fd = signals, .events = POLLIN};
        struct signalfd_siginfo ignored;
        if (poll(&entry, 1, 20) > 0) (void)!read(signals, &ignored, sizeof ignored);
    }
    waitpid(program, NULL, WNOHANG);
}

static void guard(char *const arguments[], char *const environment[], int output, int errors, int channel) {
    // No terminal's signal reaches it, and no other than SIGKILL ends it: it ends when its channel does.
    setsid();
    sigset_t all, child;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    restore_signals();
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "wt-guardian", 0, 0, 0);
    pid_t program = start(arguments, environment, output, errors);
    if (program < 0) {
        tell(channel, clinux_guardian_failed, errno);
        _exit(0);
    }
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int signals = signalfd(-1, &child, SFD_CLOEXEC);
    close_all_but(channel, signals < 0 ? channel : signals);
    tell(channel, clinux_guardian_started, program);
    int has_told = 0;
    struct pollfd entries[2] = {{.fd = channel, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    do {
        struct signalfd_siginfo ignored;
        if (entries[1].revents) (void)!read(signals, &ignored, sizeof ignored);
        reap(program, &has_told, channel);
        // The limit is for a signal that came before there was a descriptor for it.
        poll(entries, 2, 1000);
    } while (!entries[0].revents);
    end_all(program, &has_told, channel, signals);
    _exit(0);
}

int clinux_start_guarded(char *const arguments[], char *const environment[], int output, int errors, int *channel) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    // Every signal waits until the guardian has let go of this process's handlers.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        guard(arguments, environment, output, errors, ends[1]);
    }
    int failure = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (pid < 0) close(ends[0]);
    *channel = ends[0];
    errno = failure;
    return pid;
}
