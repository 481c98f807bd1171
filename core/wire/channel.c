/* The channel: messages with descriptors over a SOCK_SEQPACKET pair. */
#include "wire/channel.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

/* What a message may bring, though more than CHANNEL_FDS_MAX are none of ours: unix(7), SCM_MAX_FD. The kernel would
 * close the others itself, while we wait. */
enum { BROUGHT_MAX = 253 };

union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

union control_brought {
    struct cmsghdr header;
    char space[CMSG_SPACE(BROUGHT_MAX * sizeof(int))];
};

int channel_pair(int fds[2]) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        return -errno;
    }
    int error = fd_set_nonblocking(fds[0]);
    if (error) {
        fd_close(&fds[0]);
        fd_close(&fds[1]);
    }
    return error;
}

int channel_send(int fd, const void *data, size_t length, const int *fds, size_t count) {
    if (count > CHANNEL_FDS_MAX || length == 0) {
        return -EINVAL;
    }
    struct iovec part = {.iov_len = length};
    memcpy(&part.iov_base, &data, sizeof(data)); /* iov_base is not const, though sendmsg does not write through it */
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    if (count > 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

/* Moves the descriptors out of the control data. False: there are too many, and the first ones are there. */
static bool take_descriptors(struct msghdr *message, int fds[CHANNEL_FDS_MAX], size_t *count) {
    bool fine = true;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int received;
            memcpy(&received, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (*count < CHANNEL_FDS_MAX) {
                fds[(*count)++] = received;
            } else {
                fd_drop(&received);
                fine = false;
            }
        }
    }
    return fine;
}

static ssize_t receive(int fd, int flags, void *data, size_t capacity, int fds[CHANNEL_FDS_MAX], size_t *count) {
    struct iovec part = {.iov_base = data, .iov_len = capacity};
    union control_brought control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t received;
    *count = 0;
    do {
        received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | flags);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return errno == ECONNRESET ? 0 : -errno;
    }
    bool fine = take_descriptors(&message, fds, count);
    bool whole = !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
    if (!fine || !whole) {
        for (size_t i = 0; i < *count; i++) {
            fd_drop(&fds[i]);
        }
        *count = 0;
        return fine ? -EMSGSIZE : -EPROTO;
    }
    return received;
}

ssize_t channel_receive(int fd, void *data, size_t capacity, int fds[CHANNEL_FDS_MAX], size_t *count) {
    return receive(fd, 0, data, capacity, fds, count);
}

ssize_t channel_receive_now(int fd, void *data, size_t capacity, int fds[CHANNEL_FDS_MAX], size_t *count) {
    return receive(fd, MSG_DONTWAIT, data, capacity, fds, count);
}
