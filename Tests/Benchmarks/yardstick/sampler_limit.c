/* sampler_limit.c - what reading one process costs in C: the yardstick of the sampler.
 *
 *   gcc -O2 -o sampler_limit sampler_limit.c
 *   ./sampler_limit -p PID -n 20            TCP states by netlink, NETLINK_SOCK_DIAG
 *   ./sampler_limit -p PID -n 20 -t         TCP states out of /proc/net/tcp and tcp6
 *   ./sampler_limit -p PID -n 20 -s         without TCP states
 *
 * One sample reads smaps_rollup, status, stat and the children of every thread, the link of every descriptor, and the
 * state of every TCP socket in the network namespace; sockets are joined to the process by inode in a hash table. Nothing
 * is checked beyond what that needs. Prints one line of JSON: processor time a sample and what was counted.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, ESTABLISHED = 1 };

static int process;                     /* /proc/PID, open */
static char buffer[BUFFER + 1];
static uint64_t *inodes; static uint8_t *states; static size_t capacity, used;
static long sockets, others, established, rss, threads, children;

static void die(const char *what) { perror(what); exit(2); }

/* ---- inode -> state, open addressing ------------------------------------------- */
static size_t slot(uint64_t inode) {
    size_t i = (inode * 0x9E3779B97F4A7C15ull) >> 20 & (capacity - 1);
    while (inodes[i] && inodes[i] != inode) i = (i + 1) & (capacity - 1);
    return i;
}
static void put(uint64_t inode, uint8_t state) {
    if (!inode) return;
    if (used * 2 >= capacity) {
        size_t old = capacity; uint64_t *oldInodes = inodes; uint8_t *oldStates = states;
        capacity = old ? old * 2 : 1024;
        inodes = calloc(capacity, sizeof *inodes); states = calloc(capacity, 1);
        for (size_t i = 0; i < old; i++) if (oldInodes[i]) { size_t at = slot(oldInodes[i]); inodes[at] = oldInodes[i]; states[at] = oldStates[i]; }
        free(oldInodes); free(oldStates);
    }
    size_t at = slot(inode);
    if (!inodes[at]) used++;
    inodes[at] = inode; states[at] = state;
}

/* ---- files of the process --------------------------------------------------------- */
static char *contents(const char *name) {
    int file = openat(process, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) die(name);
    size_t filled = 0; ssize_t count;
    while (filled < BUFFER && (count = read(file, buffer + filled, BUFFER - filled)) > 0) filled += count;
    close(file); buffer[filled] = 0;
    return buffer;
}
static void memory(void) {
    char *at = strstr(contents("smaps_rollup"), "Rss:");
    rss = at ? strtol(at + 4, NULL, 10) : 0;
    at = strstr(contents("status"), "VmHWM:");
    if (!at) die("VmHWM");
}
static void counts(void) {
    char *at = strrchr(contents("stat"), ')');
    for (int field = 0; field < 18 && at; field++) at = strchr(at + 1, ' ');
    threads = at ? strtol(at, NULL, 10) : 0;
    int tasks = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fdopendir(tasks); if (!directory) die("task");
    struct dirent *entry; char name[64];
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "task/%.20s/children", entry->d_name);
        for (char *text = contents(name); *text; text++) children += *text == ' ';
    }
    closedir(directory);
}
static void descriptors(int join) {
    int file = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fdopendir(file); if (!directory) die("fd");
    struct dirent *entry; char link[64];
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.') continue;
        ssize_t length = readlinkat(file, entry->d_name, link, sizeof link - 1);
        if (length < 0) continue;
        link[length] = 0;
        if (strncmp(link, "socket:[", 8)) { others++; continue; }
        sockets++;
        if (!join) continue;
        uint64_t inode = strtoull(link + 8, NULL, 10);
        size_t at = slot(inode);
        if (inodes[at] == inode && states[at] == ESTABLISHED) established++;
    }
    closedir(directory);
}

/* ---- the kernel's tables ------------------------------------------------------------ */
static void text_table(const char *name) {
    int file = openat(process, name, O_RDONLY | O_CLOEXEC); if (file < 0) return;
    size_t filled = 0; ssize_t count;
    while ((count = read(file, buffer + filled, BUFFER - filled)) > 0) {
        filled += count;
        char *line = buffer, *end;
        while ((end = memchr(line, '\n', buffer + filled - line))) {
            *end = 0;
            char *at = line; uint8_t state = 0;
            for (int field = 0; field < 9 && at; field++) {
                while (*at == ' ') at++;
                if (field == 3) state = strtol(at, NULL, 16);
                at = strchr(at, ' ');
            }
            if (at) put(strtoull(at, NULL, 10), state);
            line = end + 1;
        }
        filled = buffer + filled - line; memmove(buffer, line, filled);
    }
    close(file);
}
static void diagnose(int family) {
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG); if (netlink < 0) die("netlink");
    struct { struct nlmsghdr header; struct inet_diag_req_v2 body; } request = {
        {sizeof request, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
        {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 0xFFF & ~(1 << 6)}};
    if (send(netlink, &request, sizeof request, 0) != sizeof request) die("send");
    for (int done = 0; !done;) {
        ssize_t count = recv(netlink, buffer, BUFFER, 0); if (count <= 0) die("recv");
        for (struct nlmsghdr *header = (void *)buffer; NLMSG_OK(header, count); header = NLMSG_NEXT(header, count)) {
            if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) { done = 1; break; }
            struct inet_diag_msg *row = NLMSG_DATA(header);
            put(row->idiag_inode, row->idiag_state);
        }
    }
    close(netlink);
}

int main(int argc, char **argv) {
    int option, pid = 0, count = 20, text = 0, without = 0;
    while ((option = getopt(argc, argv, "p:n:ts")) != -1) switch (option) {
        case 'p': pid = atoi(optarg); break; case 'n': count = atoi(optarg); break;
        case 't': text = 1; break;           case 's': without = 1; break;
        default: fprintf(stderr, "see the head of sampler_limit.c\n"); return 2;
    }
    char path[32]; snprintf(path, sizeof path, "/proc/%d", pid);
    process = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); if (process < 0) die(path);
    struct rusage before, after;
    for (int i = 0; i <= count; i++) {
        if (i == 1) getrusage(RUSAGE_SELF, &before);
        sockets = others = established = children = 0;
        free(inodes); free(states); inodes = NULL; states = NULL; capacity = used = 0;
        memory(); counts();
        if (!without) {
            put(UINT64_MAX, 0);
            if (text) { text_table("net/tcp"); text_table("net/tcp6"); }
            else { diagnose(AF_INET); diagnose(AF_INET6); }
        }
        descriptors(!without);
    }
    getrusage(RUSAGE_SELF, &after);
    double us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1e6
              + (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec);
    printf("{\"cpu_us_per_sample\":%.1f,\"sockets\":%ld,\"others\":%ld,\"established\":%ld,\"threads\":%ld,\"rss_kib\":%ld}\n",
           us / count, sockets, others, established, threads, rss);
    return 0;
}
