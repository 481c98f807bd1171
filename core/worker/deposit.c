/* Answers that are left to the master. */
#include "worker/deposit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A whole stretch, of memory or of a file. 0, or -errno. */
static int stretch_copy(const char *memory, int fd, uint64_t offset, unsigned char *to, size_t length) {
    if (memory) {
        memcpy(to, memory, length);
        return 0;
    }
    while (length > 0) {
        ssize_t n = pread(fd, to, length, (off_t)offset);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return n == 0 ? -EIO : -errno;
        }
        offset += n > 0 ? (uint64_t)n : 0;
        to += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static uint64_t pending_length(const struct socgi_response *res) {
    uint64_t length = 0;
    for (size_t i = res->next; i < res->framed; i++) {
        length += res->parts[i].length;
    }
    return length;
}

/* The request is no longer needed: what is made of it is in the response's own memory. */
long deposit_lay(struct socgi_response *res, unsigned char *to, size_t capacity) {
    uint64_t all = pending_length(res);
    uint64_t wanted = all <= capacity ? all : res->head_length;
    size_t at = 0;
    if (wanted > capacity) {
        return -EMSGSIZE;
    }
    while (at < wanted) {
        uint64_t length, offset;
        int fd;
        const char *memory = response_stretch(res, &res->parts[res->next], &length, &fd, &offset);
        length = length < wanted - at ? length : wanted - at;
        int error = stretch_copy(memory, fd, offset, to + at, (size_t)length);
        if (error) {
            return error;
        }
        at += (size_t)length;
        response_advance(res, length);
    }
    return (long)at;
}

long deposit_forward(const struct socgi_response *res, unsigned char *to, size_t capacity) {
    size_t length = strlen(res->forward);
    if (length > capacity) {
        return -EMSGSIZE;
    }
    memcpy(to, res->forward, length);
    return (long)length;
}
