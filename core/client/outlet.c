/* What is still to be sent on a connection. */
#include "client/outlet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"

enum { PIECE_SIZE = 65536 };

/* A worker may say anything: only sums that agree are taken. */
static int tail_check(const struct wire_tail *tail, uint64_t left, size_t count) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < tail->count; i++) {
        const struct wire_segment *s = &tail->segments[i];
        if (s->fd >= count || s->offset > INT64_MAX || s->length > INT64_MAX - s->offset || s->length > left - sum) {
            return -EPROTO;
        }
        sum += s->length;
    }
    return sum == left ? 0 : -EPROTO;
}

int outlet_take(struct outlet *outlet, const struct wire_tail *tail, uint64_t left, const int *fds, size_t count) {
    size_t size = offsetof(struct wire_tail, segments) + tail->count * sizeof(tail->segments[0]);
    int error = outlet->tail ? -EPROTO : tail_check(tail, left, count);
    if (!error) {
        outlet->tail = malloc(size);
        error = outlet->tail ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        int fd = fds[i];
        if (error) {
            fd_drop(&fd);
        } else {
            outlet->fds[i] = fd;
        }
    }
    if (!error) {
        memcpy(outlet->tail, tail, size);
        outlet->segment = 0;
        outlet->fd_count = count;
    }
    return error;
}

static bool outlet_empty(const struct outlet *outlet) {
    return outlet->text.length == 0 && outlet->loan.length == 0 &&
           (!outlet->tail || outlet->segment == outlet->tail->count);
}

/* Bytes sent, or -errno. */
static ssize_t send_memory(struct outlet *outlet, int socket, size_t turn) {
    struct outlet_loan *loan = &outlet->loan;
    struct iovec parts[2] = {{.iov_base = outlet->text.data, .iov_len = outlet->text.length},
                             {.iov_len = loan->length < turn ? loan->length : turn}};
    memcpy(&parts[1].iov_base, &loan->data, sizeof(loan->data)); /* sendmsg only reads it */
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = loan->length > 0 ? 2 : 1};
    ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT | (outlet->tail ? MSG_MORE : 0));
    if (n < 0) {
        return -errno;
    }
    size_t text = (size_t)n < outlet->text.length ? (size_t)n : outlet->text.length;
    buffer_consume(&outlet->text, text);
    loan->data += loan->length > 0 ? (size_t)n - text : 0;
    loan->length -= (size_t)n - text;
    return n;
}

/*
 * By way of our memory, piece by piece: sendfile(2) waits for the client as soon as anybody who has the socket, and
 * workers do, takes O_NONBLOCK from it, whatever was there a moment before; send(2) has a flag of its own. It costs a
 * fifth more of CPU time than sendfile(2) and gives at least its throughput, for the piece stays in the cache.
 */
static ssize_t send_piece(struct outlet *outlet, int socket, int fd, uint64_t offset, size_t length, bool more) {
    char piece[PIECE_SIZE];
    ssize_t there = pread(fd, piece, length < sizeof(piece) ? length : sizeof(piece), (off_t)offset);
    if (there <= 0) {
        outlet->failed = fd;
        outlet->error = there < 0 ? -errno : -ENODATA;
        return outlet->error;
    }
    ssize_t n = send(socket, piece, (size_t)there, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
    return n < 0 ? -errno : n;
}

static ssize_t send_segment(struct outlet *outlet, int socket, size_t turn) {
    struct wire_segment *s = &outlet->tail->segments[outlet->segment];
    if (s->length == 0) {
        outlet->segment++;
        return 0;
    }
    bool more = s->length <= PIECE_SIZE && outlet->segment + 1 < outlet->tail->count;
    ssize_t n =
        send_piece(outlet, socket, outlet->fds[s->fd], s->offset, s->length < turn ? (size_t)s->length : turn, more);
    if (n < 0) {
        return n;
    }
    s->offset += (uint64_t)n;
    s->length -= (uint64_t)n;
    if (s->length == 0) {
        outlet->segment++;
    }
    return n;
}

enum outlet_result outlet_send(struct outlet *outlet, int socket, size_t turn, uint64_t *sent) {
    while (!outlet_empty(outlet)) {
        if (turn == 0) {
            return OUTLET_AGAIN;
        }
        bool memory = outlet->text.length > 0 || outlet->loan.length > 0;
        ssize_t n = memory ? send_memory(outlet, socket, turn) : send_segment(outlet, socket, turn);
        if (outlet->error) {
            return OUTLET_UNREADABLE;
        }
        if (n == -EAGAIN) {
            return OUTLET_BLOCKED;
        }
        if (n < 0 && n != -EINTR) {
            return OUTLET_BROKEN;
        }
        if (n > 0) {
            *sent += (uint64_t)n;
            turn -= (size_t)n < turn ? (size_t)n : turn;
        }
    }
    return OUTLET_DONE;
}

void outlet_free(struct outlet *outlet) {
    buffer_free(&outlet->text);
    if (outlet->loan.end) {
        outlet->loan.end(outlet->loan.owner);
    }
    outlet->loan = (struct outlet_loan){0};
    free(outlet->tail);
    for (size_t i = 0; i < outlet->fd_count; i++) {
        fd_drop(&outlet->fds[i]);
    }
    outlet->tail = NULL;
    outlet->segment = 0;
    outlet->fd_count = 0;
}
