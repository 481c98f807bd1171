/* An upgrade. */
#include "master/upgrade.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "master/inherit.h"
#include "master/listener.h"
#include "master/server.h"
#include "master/spawn.h"

enum { NAMES_SIZE = 1024, NOTICE_SIZE = 512 };

void upgrade_init(struct upgrade *u, const char *program, char **argv) {
    *u = (struct upgrade){.program = program,
                          .argv = argv,
                          .pid = -1,

                          .pidfd = -1,
                          .socket = -1,
                          .deadline = UINT64_MAX};
}

/* ---- Its word ---- */

static void upgrade_close(struct server *server) {
    struct upgrade *u = &server->upgrade;
    loop_forget(&server->loop, u->pidfd);
    loop_forget(&server->loop, u->socket);
    fd_close(&u->pidfd);
    fd_close(&u->socket);
    u->pid = -1;
    u->deadline = UINT64_MAX;
}

static void upgrade_succeeded(struct server *server) {
    struct upgrade *u = &server->upgrade;
    log_line(LOG_NOTICE, "upgraded: process %d serves from now on", (int)u->pid);
    notify(&server->notifier, "MAINPID=%d", (int)u->pid);
    orphans_leave(server);
    upgrade_close(server);
    u->done = true;
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
    struct server *server = container_of(container_of(source, struct upgrade, socket_source), struct server, upgrade);
    struct upgrade *u = &server->upgrade;
    char text[NOTICE_SIZE];
    pid_t sender;
    while (u->pid > 0 && notice_read(u->socket, text, &sender) >= 0) {
        if (sender == u->pid && strstr(text, "READY=1")) {
            upgrade_succeeded(server);
        }
    }
}

static void ended_ready(struct source *source, uint32_t events) {
    (void)events;
    struct server *server = container_of(container_of(source, struct upgrade, exit_source), struct server, upgrade);
    if (server->upgrade.pid > 0) {
        upgrade_cancel(server, "it ended before it was ready");
    }
}

/* ---- Its start ---- */

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

static size_t listeners_gather(const struct server *server, int *fds, char names[NAMES_SIZE]) {
    size_t count = 0;
    names[0] = '\0';
    for (struct list *at = server->listeners.next; at != &server->listeners && count < INHERITED_MAX; at = at->next) {
        const struct listener *l = container_of(at, struct listener, link);
        size_t length = strlen(names);
        snprintf(names + length, NAMES_SIZE - length, "%s%s", count ? ":" : "", l->admin ? INHERITED_ADMIN : "http");
        fds[count++] = l->fd;
    }
    return count;
}

/* What is set here is meant for the new master alone, and is unset for the workers that we start. */
static int process_begin(struct server *server, const char *address) {
    static const char *const set[] = {"LISTEN_PID",    "LISTEN_FDS",    "LISTEN_FDNAMES",
                                      "SOCGI_UPGRADE", "NOTIFY_SOCKET", "SOCGI_NOTIFY_SOCKET"};
    struct upgrade *u = &server->upgrade;
    int fds[INHERITED_MAX];
    char names[NAMES_SIZE];
    size_t count = listeners_gather(server, fds, names);
    number_set("LISTEN_PID", getpid());
    number_set("LISTEN_FDS", (long)count);
    number_set("SOCGI_UPGRADE", getpid());
    setenv("LISTEN_FDNAMES", names, 1);
    setenv("NOTIFY_SOCKET", address, 1);
    setenv("SOCGI_NOTIFY_SOCKET", server->notifier.manager ? server->notifier.manager : "-", 1);
    int error = spawn_master(u->program, u->argv, fds, count, &u->pid, &u->pidfd);
    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
        unsetenv(set[i]);
    }
    return error;
}

int upgrade_begin(struct server *server) {
    struct upgrade *u = &server->upgrade;
    char address[128];
    if (u->pid > 0 || u->done || server->draining) {
        log_line(LOG_WARNING, "no upgrade: %s", server->draining ? "the server is ending" : "one is under way");
        return -EALREADY;
    }
    int error = socket_open(u, address);
    error = error ? error : process_begin(server, address);
    if (error) {
        log_line(LOG_ERROR, "no upgrade: %s cannot be started: %s", u->program, strerror(-error));
        fd_close(&u->socket);
        u->pid = -1;
        return error;
    }
    u->exit_source.ready = ended_ready;
    u->socket_source.ready = notice_ready;
    error = loop_watch(&server->loop, u->pidfd, &u->exit_source, EPOLLIN);
    error = error ? error : loop_watch(&server->loop, u->socket, &u->socket_source, EPOLLIN);
    u->deadline = error ? 0 : server->loop.now + server->config->upgrade_timeout_ms * NS_PER_MS;
    log_line(LOG_NOTICE, "upgrade: process %d is to take over", (int)u->pid);
    return 0;
}

/* ---- Its end ---- */

void upgrade_cancel(struct server *server, const char *why) {
    struct upgrade *u = &server->upgrade;
    int status = 0;
    if (u->pid <= 0) {
        return;
    }
    kill(u->pid, SIGKILL); /* its workers end with it */
    while (waitpid(u->pid, &status, 0) < 0 && errno == EINTR) {
    }
    log_line(LOG_ERROR, "no upgrade: process %d: %s; this one goes on", (int)u->pid, why);
    upgrade_close(server);
}

void upgrade_turn(struct server *server) {
    if (server->upgrade.pid > 0 && server->loop.now >= server->upgrade.deadline) {
        upgrade_cancel(server, "it was not ready in time");
    }
}
