/* An upgrade. */
#include "master/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/self.h"
#include "client/inherit.h"
#include "client/listeners.h"
#include "guard/ward.h"

enum { NAMES_SIZE = 1024, NOTICE_SIZE = 512, HANDED_MAX = INHERITED_MAX + 1 };

/* ---- Its word ---- */

static void socket_close(struct upgrade *u) {
    loop_forget(u->loop, u->socket);
    fd_close(&u->socket);
    u->deadline = UINT64_MAX;
}

static void upgrade_succeeded(struct upgrade *u) {
    u->successor = u->child.pid;
    log_line(LOG_NOTICE, "upgraded: process %d serves from now on", (int)u->successor);
    child_leave(&u->child);
    socket_close(u);
}

/* One notice, and who has sent it: unix(7), SCM_CREDENTIALS. */
static ssize_t notice_read(int fd, char text[NOTICE_SIZE], pid_t *sender) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {.iov_base = text, .iov_len = NOTICE_SIZE - 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
    *sender = 0;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
        struct ucred who;
        memcpy(&who, CMSG_DATA(c), sizeof(who));
        *sender = who.pid;
    }
    text[n > 0 ? n : 0] = '\0';
    return n;
}

static void notice_ready(struct source *source, uint32_t events) {
    (void)events;
    struct upgrade *u = container_of(source, struct upgrade, socket_source);
    char text[NOTICE_SIZE];
    pid_t sender;
    while (u->child.pid > 0 && notice_read(u->socket, text, &sender) >= 0) {
        if (sender == u->child.pid && strstr(text, "READY=1")) {
            upgrade_succeeded(u);
        }
    }
}

static void upgrade_ended(struct child *child) {
    upgrade_cancel(container_of(child, struct upgrade, child), "it ended before it was ready");
}

/* ---- Its start ---- */

enum { FIRST = 3 }; /* of the descriptors that it gets: SD_LISTEN_FDS_START */

/* A name of its own, chosen by the kernel: unix(7), autobind. */
static int socket_open(struct upgrade *u, char address[128]) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(sa_family_t);
    const int on = 1;
    u->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (u->socket < 0 || setsockopt(u->socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
        bind(u->socket, (const struct sockaddr *)&name, length) < 0) {
        return -errno;
    }
    length = sizeof(name);
    if (getsockname(u->socket, (struct sockaddr *)&name, &length) < 0) {
        return -errno;
    }
    size_t size = length - offsetof(struct sockaddr_un, sun_path);
    snprintf(address, 128, "@%.*s", (int)size - 1, name.sun_path + 1);
    return 0;
}

static void number_set(const char *name, long number) {
    char text[24];
    snprintf(text, sizeof(text), "%ld", number);
    setenv(name, text, 1);
}

/* It does not die with us. */
static int program_start(struct upgrade *u, struct children *children, const int *fds, size_t count) {
    int lifted[HANDED_MAX];
    size_t made = 0;
    int error = 0;
    for (; made < count && !error; made++) {
        lifted[made] = fcntl(fds[made], F_DUPFD_CLOEXEC, FIRST + HANDED_MAX);
        error = lifted[made] < 0 ? -errno : 0;
    }
    if (!error) {
        const struct child_start start = {
            .program = u->program, .argv = u->argv, .fds = lifted, .first = FIRST, .count = (int)count};
        error = child_start(children, &u->child, &start);
    }
    for (size_t i = 0; i < made; i++) {
        fd_close(&lifted[i]);
    }
    return error;
}

/* What is set here is meant for the new master alone, and is unset for the workers that we start. */
static int process_begin(struct upgrade *u, struct children *children, const struct upgrade_heritage *heritage,
                         const char *address) {
    static const char *const set[] = {"LISTEN_PID",    "LISTEN_FDS",           "LISTEN_FDNAMES",
                                      "SOCGI_UPGRADE", "NOTIFY_SOCKET",        "SOCGI_NOTIFY_SOCKET",
                                      WARD_VARIABLE,   CHILDREN_FILES_VARIABLE};
    int fds[HANDED_MAX];
    char names[NAMES_SIZE];
    size_t count = listeners_gather(heritage->clients, fds, names, sizeof(names));
    number_set("LISTEN_PID", getpid());
    number_set("LISTEN_FDS", (long)count);
    number_set("SOCGI_UPGRADE", getpid());
    number_set(CHILDREN_FILES_VARIABLE, (long)children->files);
    setenv("LISTEN_FDNAMES", names, 1);
    setenv("NOTIFY_SOCKET", address, 1);
    setenv("SOCGI_NOTIFY_SOCKET", heritage->manager ? heritage->manager : "-", 1);
    if (heritage->ward->socket >= 0) {
        number_set(WARD_VARIABLE, FIRST + (long)count);
        fds[count++] = heritage->ward->socket;
    }
    int error = program_start(u, children, fds, count);
    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
        unsetenv(set[i]);
    }
    return error;
}

void upgrade_init(struct upgrade *u, struct loop *loop, char **argv) {
    *u = (struct upgrade){.program = self_called(argv[0]),
                          .argv = argv,
                          .child.ended = upgrade_ended,
                          .socket = -1,
                          .socket_source.ready = notice_ready,
                          .loop = loop,
                          .deadline = UINT64_MAX};
}

int upgrade_begin(struct upgrade *u, struct children *children, const struct upgrade_heritage *heritage) {
    char address[128];
    if (u->child.pid > 0 || u->successor || getpid() == 1) {
        log_line(LOG_WARNING, "no upgrade: %s",
                 getpid() > 1 ? "one is under way"
                              : "this is the first process of a PID namespace, which ends with it");
        return -EALREADY;
    }
    int error = u->program ? socket_open(u, address) : -ENOENT;
    error = error ? error : process_begin(u, children, heritage, address);
    if (error) {
        bool gone = !u->program || (access(u->program, F_OK) < 0 && errno == ENOENT);
        log_line(LOG_ERROR, "no upgrade: %s, which this server was started as, %s: %s", u->program ? u->program : "",
                 gone ? "is gone" : "cannot be started", reason_start(-error));
        fd_close(&u->socket);
        return error;
    }
    error = loop_watch(u->loop, u->socket, &u->socket_source, EPOLLIN);
    u->deadline = error ? 0 : u->loop->now + heritage->timeout_ms * NS_PER_MS;
    log_line(LOG_NOTICE, "upgrade: process %d is to take over", (int)u->child.pid);
    return 0;
}

/* ---- Its end ---- */

/* Its workers end with it. */
void upgrade_cancel(struct upgrade *u, const char *why) {
    pid_t pid = u->child.pid;
    if (pid > 0) {
        child_kill(&u->child);
        (void)child_reap(&u->child);
        log_line(LOG_ERROR, "no upgrade: process %d: %s; this one goes on", (int)pid, why);
        socket_close(u);
    }
}

void upgrade_close(struct upgrade *u) {
    upgrade_cancel(u, "this one is ending");
    free(u->program);
}

void upgrade_turn(struct upgrade *u) {
    if (u->child.pid > 0 && u->loop->now >= u->deadline) {
        upgrade_cancel(u, "it was not ready in time");
    }
}

uint64_t upgrade_next(const struct upgrade *u) {
    return u->deadline;
}
