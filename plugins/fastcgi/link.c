/* The connection with the responder. */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 5 };

void link_close(struct link *link) {
    if (link->fd >= 0) {
        close(link->fd);
    }
    *link = (struct link){.fd = -1};
}

/* Between requests nothing comes: it is the end, or something that belongs to none. */
static bool link_quiet(const struct link *link) {
    char byte;
    return recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Where all places of its queue are taken, connect waits for one, as long as is said here. */
static int link_open(const struct settings *s) {
    const struct timeval limit = {.tv_sec = CONNECT_SECONDS};
    int family = s->address.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    int error = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
                        connect(fd, (const struct sockaddr *)&s->address, s->address_length) < 0 ||
                        fcntl(fd, F_SETFL, O_NONBLOCK) < 0
                    ? -errno
                    : 0;
    if (!error && family != AF_UNIX) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    }
    if (error) {
        close(fd);
        return error == -EINPROGRESS || error == -EINTR ? -EAGAIN : error;
    }
    return fd;
}

int link_take(struct link *link, const struct settings *s) {
    if (link->fd >= 0 && link_quiet(link)) {
        return 0;
    }
    link_close(link);
    int fd = link_open(s);
    link->fd = fd < 0 ? -1 : fd;
    return fd < 0 ? fd : 0;
}
