/*
 * Handlers that mean harm: /malice?do=DEED. They know the wire's own structs, and attack by way of what a worker shares
 * with the master: the mailbox, the channel, the bell, the output pipe, the open file of a client's connection, itself.
 */
#include <socgi/plugin.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/heritage.h"
#include "wire/mailbox.h"

static struct mailbox box;
static const struct socgi_request *request;

static int box_open(void) {
    struct stat st;
    if (fstat(HERITAGE_MAILBOX, &st) < 0) {
        return -1;
    }
    void *memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, HERITAGE_MAILBOX, 0);
    if (memory == MAP_FAILED) {
        return -1;
    }
    box = (struct mailbox){.shared = memory, .size = (size_t)st.st_size};
    box.count = box.shared->count;
    box.capacity = box.shared->capacity;
    return 0;
}

static struct mailbox_slot *slot_at(uint32_t index) {
    size_t first = (sizeof(struct mailbox_shared) + 63) & ~(size_t)63;
    size_t stride = (sizeof(struct mailbox_slot) + box.capacity + 63) & ~(size_t)63;
    return (struct mailbox_slot *)(void *)((char *)box.shared + first + index * stride);
}

/* The slot of this request, as far as its word tells: taken. */
static struct mailbox_slot *slot_of_ours(void) {
    enum { TAKEN = 2, STATE = 3 };
    for (uint32_t at = 0; at < box.count; at++) {
        if ((atomic_load(&slot_at(at)->slot.word) & STATE) == TAKEN) {
            return slot_at(at);
        }
    }
    return slot_at(0);
}

static void finish(struct mailbox_answer answer) {
    struct mailbox_slot *slot = slot_of_ours();
    slot->answer = answer;
    atomic_fetch_or(&slot->slot.word, 3);
}

/* The descriptor of this request's client. */
static int client_of_ours(void) {
    const char *port = socgi_meta(request, "REMOTE_PORT");
    for (int fd = HERITAGE_COUNT; fd < 1024; fd++) {
        struct sockaddr_in peer;
        socklen_t length = sizeof(peer);
        if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sin_family == AF_INET && port &&
            ntohs(peer.sin_port) == strtol(port, NULL, 10)) {
            return fd;
        }
    }
    return -1;
}

static void bell_ring(void) {
    const uint64_t one = 1;
    (void)!write(HERITAGE_DOORBELL, &one, sizeof(one));
}

static void hang(void) {
    for (;;) {
        pause();
    }
}

/* ---- Deeds ---- */

/* A child that traces the worker keeps its zombie from whoever waits for it. */
static void traced(void) {
    int ready[2];
    (void)!pipe(ready);
    pid_t worker = getpid();
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    if (fork() == 0) {
        setsid();
        char seized = ptrace(PTRACE_SEIZE, worker, 0, 0) == 0;
        (void)!write(ready[1], &seized, 1);
        hang();
    }
    char seized = 0;
    (void)!read(ready[0], &seized, 1);
    _exit(3);
}

/* The close of a socket with SO_LINGER and a full buffer waits. */
static void lingering(void) {
    static char junk[65536];
    int fd = client_of_ours();
    const struct linger linger = {.l_onoff = 1, .l_linger = 20};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    while (send(fd, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    close(fd);
    finish((struct mailbox_answer){.status = 200, .flags = ANSWER_BROKEN});
    bell_ring();
    usleep(300000);
    _exit(0);
}

static void done_and_hangs(void) {
    finish((struct mailbox_answer){.status = 204, .flags = ANSWER_BROKEN});
    bell_ring();
    hang();
}

static void done_and_stops(void) {
    finish((struct mailbox_answer){.status = 204, .flags = ANSWER_BROKEN});
    bell_ring();
    (void)raise(SIGSTOP);
}

static void stops(void) {
    (void)raise(SIGSTOP);
}

static void *rings(void *unused) {
    for (;;) {
        bell_ring();
    }
    return unused;
}

static void bell(void) {
    pthread_t thread;
    (void)pthread_create(&thread, NULL, rings, NULL);
}

static void prints(void) {
    static char line[4000];
    memset(line, 'L', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    if (fork() == 0) {
        for (;;) {
            (void)!write(STDOUT_FILENO, line, sizeof(line));
        }
    }
}

/* No line ever ends. */
static void prints_endless(void) {
    static char line[4096];
    memset(line, 'E', sizeof(line));
    if (fork() == 0) {
        for (;;) {
            (void)!write(STDOUT_FILENO, line, sizeof(line));
        }
    }
}

/* The sums of what was sent. */
static void counts_much(void) {
    finish((struct mailbox_answer){.status = 200, .flags = ANSWER_BROKEN, .head = UINT64_MAX, .sent = UINT64_MAX});
    bell_ring();
    usleep(100000);
}

static void status_strange(void) {
    finish((struct mailbox_answer){.status = 7, .flags = ANSWER_KEEP});
    bell_ring();
    usleep(100000);
}

/* Messages that nobody asked for, with descriptors, until the channel takes no more. */
static void channel_flood(void) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(16 * sizeof(int))];
    } control;
    char byte = 'x';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    int fds[16];
    control.header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fds)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    for (size_t i = 0; i < 16; i++) {
        fds[i] = STDIN_FILENO;
    }
    memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
    while (sendmsg(HERITAGE_CHANNEL, &message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
}

static void mailbox_noise(void) {
    unsigned seed = 7;
    unsigned char *bytes = (unsigned char *)box.shared;
    for (size_t i = 0; i < box.size; i++) {
        bytes[i] = (unsigned char)(rand_r(&seed) >> 7);
    }
}

static void parent_ends(void) {
    kill(getppid(), SIGKILL);
}

/* The parent of the master, by proc(5). */
static void guard_ends(void) {
    char path[32];
    int guard = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%*d (%*[^)]) %*c %d", &guard) == 1 && guard > 1) {
        kill(guard, SIGKILL);
    }
    if (file) {
        (void)fclose(file);
    }
}

static void parent_stops(void) {
    kill(getppid(), SIGSTOP);
}

static const struct {
    const char *name;
    void (*run)(void);
} deeds[] = {
    {"traced", traced},
    {"lingering", lingering},
    {"done_and_hangs", done_and_hangs},
    {"done_and_stops", done_and_stops},
    {"stops", stops},
    {"bell", bell},
    {"prints", prints},
    {"prints_endless", prints_endless},
    {"counts_much", counts_much},
    {"status_strange", status_strange},
    {"channel_flood", channel_flood},
    {"mailbox_noise", mailbox_noise},
    {"parent_ends", parent_ends},
    {"parent_stops", parent_stops},
    {"guard_ends", guard_ends},
};

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *name = socgi_query(req, "do", "");
    request = req;
    for (size_t i = 0; box_open() == 0 && i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        if (strcmp(deeds[i].name, name) == 0) {
            deeds[i].run();
            socgi_printf(res, "did %s\n", name);
            return 200;
        }
    }
    return 404;
}
SOCGI_PLUGIN(.handle = handle)
