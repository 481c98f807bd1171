/*
 * A plugin that would have the master wait for its worker, as ?how= tells: by who traces it, by what it does to its
 * client's socket, by the files that it gives, by taking nothing, by ringing and printing without end.
 */
#include <socgi/plugin.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
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

enum { DESCRIPTORS = 4096 };

/* The descriptor of this request's client. */
static int client_of(const struct socgi_request *req) {
    const char *port = socgi_meta(req, "REMOTE_PORT");
    for (int fd = HERITAGE_COUNT; port && fd < DESCRIPTORS; fd++) {
        struct sockaddr_in peer;
        socklen_t length = sizeof(peer);
        if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == strtol(port, NULL, 10)) {
            return fd;
        }
    }
    return -1;
}

/* ---- The mailbox ---- */

static struct mailbox_shared *shared_open(void) {
    static void *memory;
    struct stat st;
    if (!memory && fstat(HERITAGE_MAILBOX, &st) == 0) {
        memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, HERITAGE_MAILBOX, 0);
    }
    return memory == MAP_FAILED ? NULL : memory;
}

/* The slot of this request. */
static struct mailbox_slot *slot_of(uint64_t *sequence) {
    struct mailbox_shared *shared = shared_open();
    size_t first = (sizeof(struct mailbox_shared) + 63) & ~(size_t)63;
    for (uint32_t i = 0; shared && i < shared->count; i++) {
        size_t stride = (sizeof(struct mailbox_slot) + shared->capacity + 63) & ~(size_t)63;
        struct mailbox_slot *slot = (struct mailbox_slot *)(void *)((char *)shared + first + i * stride);
        uint64_t word = atomic_load(&slot->slot.word);
        if ((word & 3) == SLOT_TAKEN) {
            *sequence = word >> 2;
            return slot;
        }
    }
    return NULL;
}

static void bell_ring(void) {
    const uint64_t one = 1;
    ssize_t rung = write(HERITAGE_DOORBELL, &one, sizeof(one));
    (void)rung;
}

/* Answered, in the master's eyes. */
static void slot_end(int status) {
    uint64_t sequence;
    struct mailbox_slot *slot = slot_of(&sequence);
    if (slot) {
        slot->answer = (struct mailbox_answer){.status = (uint32_t)status, .flags = ANSWER_BROKEN};
        atomic_store(&slot->slot.word, sequence << 2 | SLOT_DONE);
        bell_ring();
    }
}

/* ---- The deeds ---- */

/* A child in a session of its own traces the worker: the worker ends and cannot be reaped. */
static void traced_end(void) {
    int ready[2];
    char seized = 0;
    pid_t worker = getpid();
    if (pipe(ready) < 0) {
        return;
    }
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    if (fork() == 0) {
        setsid();
        seized = ptrace(PTRACE_SEIZE, worker, 0, 0) == 0;
        ssize_t told = write(ready[1], &seized, 1);
        (void)told;
        for (;;) {
            pause();
        }
    }
    if (read(ready[0], &seized, 1) == 1 && seized) {
        _exit(3);
    }
}

/* More than the client takes is on its way, and whoever closes the socket last waits for it. */
static void socket_linger(const struct socgi_request *req) {
    static char junk[65536];
    int fd = client_of(req);
    const struct linger linger = {.l_onoff = 1, .l_linger = 20};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    while (send(fd, junk, sizeof(junk), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    close(fd);
    slot_end(200);
    (void)usleep(300000);
    _exit(0);
}

static int blocking; /* the socket of a client that is to wait */

/* The socket waits for its client from now on, whatever anybody says. */
static void *socket_keep_blocking(void *unused) {
    (void)usleep(100000); /* this worker does not want to wait itself */
    for (;;) {
        (void)fcntl(blocking, F_SETFL, fcntl(blocking, F_GETFL) & ~O_NONBLOCK);
    }
    return unused;
}

static void *bell_keep_ringing(void *unused) {
    for (;;) {
        bell_ring();
    }
    return unused;
}

static void thread_begin(void *(*run)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) == 0) {
        (void)pthread_detach(thread);
    }
}

static void print_for_ever(void) {
    static char line[4000];
    memset(line, 'L', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    if (fork() == 0) {
        for (;;) {
            if (write(STDOUT_FILENO, line, sizeof(line)) < 0) {
                _exit(1);
            }
        }
    }
}

/* As many descriptors on their way as the kernel allows. */
static void flights_fill(void) {
    enum { PAIRS = 64, EACH = 250 };
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(EACH * sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    control.header =
        (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(EACH * sizeof(int))};
    for (int i = 0; i < EACH; i++) {
        const int fd = STDIN_FILENO;
        memcpy(CMSG_DATA(&control.header) + (size_t)i * sizeof(int), &fd, sizeof(fd));
    }
    for (int i = 0; i < PAIRS; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
            return;
        }
        while (sendmsg(pair[0], &message, MSG_DONTWAIT) > 0) {
        }
    }
}

/* Everything but the first bytes of it is the master's to send. */
static int long_answer(struct socgi_response *res) {
    enum { LINES = 400000 };
    int error = 0;
    for (int i = 0; i < LINES && !error; i++) {
        error = socgi_printf(res, "more than a socket takes\n");
    }
    return error ? error : 200;
}

/* As many files as an answer may give. */
static int many_files(struct socgi_response *res) {
    enum { FILES = 16, SIZE = 1 << 20 };
    for (int i = 0; i < FILES; i++) {
        int fd = memfd_create("stall", MFD_CLOEXEC);
        if (fd < 0 || ftruncate(fd, SIZE) < 0) {
            return -errno;
        }
        int error = socgi_send_fd(res, fd, 0, SIZE);
        if (error) {
            return error;
        }
    }
    return 200;
}

static int stall(const struct socgi_request *req, struct socgi_response *res) {
    const char *how = socgi_query(req, "how", "");
    if (strcmp(how, "traced") == 0) {
        traced_end();
    } else if (strcmp(how, "linger") == 0) {
        socket_linger(req);
    } else if (strcmp(how, "block") == 0) {
        blocking = dup(client_of(req));
        thread_begin(socket_keep_blocking);
        return long_answer(res);
    } else if (strcmp(how, "hang") == 0) {
        slot_end(204);
        for (;;) {
            pause();
        }
    } else if (strcmp(how, "bell") == 0) {
        thread_begin(bell_keep_ringing);
    } else if (strcmp(how, "print") == 0) {
        print_for_ever();
    } else if (strcmp(how, "flights") == 0) {
        flights_fill();
    } else if (strcmp(how, "files") == 0) {
        return many_files(res);
    } else {
        return 404;
    }
    return socgi_printf(res, "%d\n", (int)getpid()) ? 500 : 200;
}
SOCGI_PLUGIN(.handle = stall, .timeout_ms = 60000)
