/* Listening sockets that the process was started with. */
#include "client/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

enum { FIRST_FD = 3 }; /* SD_LISTEN_FDS_START */

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

/* Only what listens, and neither blocks us nor reaches a process that we start. What it accepts sends at once, as by
 * listeners of our own. */
static int socket_check(int fd) {
    int type = 0;
    int listens = 0;
    socklen_t length = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) < 0) {
        return -errno;
    }
    if (type != SOCK_STREAM || !listens) {
        return -EINVAL;
    }
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* a unix socket has no such thing */
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : fd_set_nonblocking(fd);
}

/* Names are separated by ':'; there may be fewer than sockets. */
static bool next_is_admin(const char **names) {
    size_t length = strcspn(*names, ":");
    bool admin = length == strlen(INHERITED_ADMIN) && strncmp(*names, INHERITED_ADMIN, length) == 0;
    *names += length + ((*names)[length] == ':');
    return admin;
}

int inherit(struct inheritance *in) {
    const char *given = getenv("LISTEN_FDNAMES");
    const char *names = given ? given : "";
    long pid = number_of("LISTEN_PID");
    long count = number_of("LISTEN_FDS");
    long upgrade = number_of("SOCGI_UPGRADE");
    int error = 0;
    *in = (struct inheritance){.upgrade_of = upgrade > 0 && upgrade == getppid() ? (pid_t)upgrade : 0};
    bool ours = pid > 0 && (pid == getpid() || (in->upgrade_of && pid == in->upgrade_of));
    for (long i = 0; ours && i < count && i < INHERITED_MAX; i++) {
        int fd = FIRST_FD + (int)i;
        int problem = socket_check(fd);
        if (problem) {
            log_line(LOG_ERROR, "LISTEN_FDS: descriptor %d is no listening stream socket: %s", fd, strerror(-problem));
            error = -EINVAL;
        }
        in->sockets[in->count++] = (struct inherited){.fd = fd, .admin = next_is_admin(&names)};
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    unsetenv("SOCGI_UPGRADE");
    return error;
}

static bool address_matches(int fd, const struct sockaddr_storage *wanted) {
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &length) < 0 || bound.ss_family != wanted->ss_family) {
        return false;
    }
    if (bound.ss_family == AF_UNIX) {
        return strcmp(((const struct sockaddr_un *)&bound)->sun_path, ((const struct sockaddr_un *)wanted)->sun_path) ==
               0;
    }
    if (bound.ss_family == AF_INET) {
        struct sockaddr_in a, b;
        memcpy(&a, &bound, sizeof(a));
        memcpy(&b, wanted, sizeof(b));
        return a.sin_addr.s_addr == b.sin_addr.s_addr && (b.sin_port == 0 || a.sin_port == b.sin_port);
    }
    struct sockaddr_in6 a, b;
    memcpy(&a, &bound, sizeof(a));
    memcpy(&b, wanted, sizeof(b));
    return memcmp(&a.sin6_addr, &b.sin6_addr, sizeof(a.sin6_addr)) == 0 &&
           (b.sin6_port == 0 || a.sin6_port == b.sin6_port);
}

static int claim(struct inherited *socket) {
    int fd = socket->fd;
    socket->fd = -1;
    return fd;
}

int inheritance_claim(struct inheritance *in, bool admin, const struct sockaddr_storage *address) {
    for (size_t i = 0; i < in->count; i++) {
        struct inherited *s = &in->sockets[i];
        if (s->fd >= 0 && s->admin == admin && address_matches(s->fd, address)) {
            return claim(s);
        }
    }
    return -1;
}

int inheritance_next(struct inheritance *in, bool admin) {
    for (size_t i = 0; i < in->count; i++) {
        if (in->sockets[i].fd >= 0 && in->sockets[i].admin == admin) {
            return claim(&in->sockets[i]);
        }
    }
    return -1;
}

void inheritance_close(struct inheritance *in) {
    for (size_t i = 0; i < in->count; i++) {
        fd_close(&in->sockets[i].fd);
    }
}
