/* What is still to be sent on a connection. */
#include "client/outlet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"

/* A worker may say anything: only regular files (memfds are) cannot block or hold the master, and only sums that agree.
 */
static int tail_check(const struct wire_tail *tail, uint64_t left, const int *fds, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        if (fstat(fds[i], &st) < 0 || !S_ISREG(st.st_mode)) {
            return -EPROTO;
        }
    }
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
    int error = outlet->tail ? -EPROTO : tail_check(tail, left, fds, count);
    if (!error) {
        outlet->tail = malloc(size);
        error = outlet->tail ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        int fd = fds[i];
        if (error) {
            fd_close(&fd);
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
    return outlet->text.length == 0 && (!outlet->tail || outlet->segment == outlet->tail->count);
}

/* Bytes sent, or -errno. */
static ssize_t send_text(struct outlet *outlet, int socket) {
    int more = outlet->tail ? MSG_MORE : 0;
    ssize_t n = send(socket, outlet->text.data, outlet->text.length, MSG_NOSIGNAL | MSG_DONTWAIT | more);
    if (n < 0) {
        return -errno;
    }
    buffer_consume(&outlet->text, (size_t)n);
    return n;
}

static ssize_t send_segment(struct outlet *outlet, int socket, size_t turn) {
    struct wire_segment *s = &outlet->tail->segments[outlet->segment];
    if (s->length == 0) {
        outlet->segment++;
        return 0;
    }
    int error = fd_set_nonblocking(socket); /* workers share its flags, and sendfile asks for no other */
    if (error) {
        return error;
    }
    off_t offset = (off_t)s->offset;
    ssize_t n = sendfile(socket, outlet->fds[s->fd], &offset, s->length < turn ? s->length : turn);
    if (n < 0) {
        return -errno;
    }
    if (n == 0) {
        return -EIO; /* the file has shrunk */
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
        ssize_t n = outlet->text.length > 0 ? send_text(outlet, socket) : send_segment(outlet, socket, turn);
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
    free(outlet->tail);
    for (size_t i = 0; i < outlet->fd_count; i++) {
        fd_close(&outlet->fds[i]);
    }
    outlet->tail = NULL;
    outlet->segment = 0;
    outlet->fd_count = 0;
}
