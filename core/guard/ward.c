/* What a master has of its guard. */
#include "guard/ward.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/list.h"

/* The descriptor, if it is such a socket; else -1. */
static int socket_given(void) {
    const char *text = getenv(WARD_VARIABLE);
    int fd = text ? (int)strtol(text, NULL, 10) : -1;
    int type = 0;
    socklen_t length = sizeof(type);
    unsetenv(WARD_VARIABLE);
    if (fd <= 2 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_SEQPACKET ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return -1;
    }
    return fd;
}

/* Nothing is ever sent to us: that it is readable is its end. */
static void ward_ready(struct source *source, uint32_t events) {
    (void)events;
    struct ward *ward = container_of(source, struct ward, source);
    ward_close(ward);
    ward->ended(ward);
}

int ward_open(struct ward *ward, struct loop *loop, void (*ended)(struct ward *ward)) {
    *ward = (struct ward){.source.ready = ward_ready, .loop = loop, .socket = socket_given(), .ended = ended};
    return ward->socket < 0 ? 0 : loop_watch(loop, ward->socket, &ward->source, EPOLLIN | EPOLLRDHUP);
}

void ward_close(struct ward *ward) {
    if (ward->loop && ward->socket >= 0) {
        loop_forget(ward->loop, ward->socket);
        fd_close(&ward->socket);
    }
}

void ward_succeeded(const struct ward *ward, pid_t successor) {
    if (ward->socket >= 0) {
        ssize_t sent = send(ward->socket, &successor, sizeof(successor), MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)sent; /* who is told has ended, or the socket is full of what it was told before */
    }
}
