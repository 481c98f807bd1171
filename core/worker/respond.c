/* How a worker sends. */
#include "worker/respond.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "worker/spool.h"

enum { GATHER_MAX = 16 };

/* What lies in memory at the front of what is pending; `file_next`: a part of a file follows. */
static size_t gather(const struct socgi_response *res, uint64_t turn, struct iovec parts[GATHER_MAX], bool *file_next) {
    size_t count = 0;
    *file_next = false;
    for (size_t i = res->next; i < res->framed && count < GATHER_MAX && turn > 0; i++) {
        uint64_t length, offset;
        int fd;
        const char *memory = response_stretch(res, &res->parts[i], &length, &fd, &offset);
        if (!memory) {
            *file_next = res->parts[i].length > 0;
            return count;
        }
        if (length > turn) {
            length = turn;
        }
        parts[count].iov_len = length;
        memcpy(&parts[count++].iov_base, &memory, sizeof(memory)); /* sendmsg only reads it */
        turn -= length;
        if (length < res->parts[i].length) {
            return count;
        }
    }
    return count;
}

static ssize_t send_memory(const struct respond *to, struct iovec *parts, size_t count, bool more) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(to->connection, &message, MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
}

/* Where sendfile(2) is refused. Neither does it wait. */
static ssize_t send_copied(const struct respond *to, int fd, off_t offset, uint64_t length) {
    char piece[16384];
    ssize_t n = pread(fd, piece, length < sizeof(piece) ? (size_t)length : sizeof(piece), offset);
    return n > 0 ? send(to->connection, piece, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) : n;
}

/* Bytes; 0: the file is shorter than was promised; -1 with errno. */
static ssize_t send_file(const struct respond *to, const struct socgi_response *res) {
    uint64_t length, from;
    int fd;
    (void)response_stretch(res, &res->parts[res->next], &length, &fd, &from);
    off_t offset = (off_t)from;
    if (length > to->turn) {
        length = to->turn;
    }
    ssize_t n = sendfile(to->connection, fd, &offset, length < INT_MAX ? length : INT_MAX);
    return n < 0 && fd_copy_refused(errno) ? send_copied(to, fd, (off_t)from, length) : n;
}

/* Whether it is the file that fails, and not who is sent to: then it cannot be read either. */
static bool file_failed(int fd, uint64_t at) {
    char name[FD_NAME];
    char byte;
    ssize_t n = pread(fd, &byte, 1, (off_t)at);
    if (n <= 0) {
        log_line(LOG_ERROR, "an answer cannot be read from %s: %s", fd_name(fd, name),
                 n < 0 ? strerror(errno) : "it is shorter than was said");
    }
    return n <= 0;
}

static bool next_failed(const struct socgi_response *res) {
    uint64_t length, from;
    int fd;
    (void)response_stretch(res, &res->parts[res->next], &length, &fd, &from);
    return file_failed(fd, from);
}

static int fail(struct socgi_response *res, bool broken) {
    res->broken |= broken;
    res->gone |= !broken;
    response_discard(res);
    return -EPIPE;
}

int respond_send(void *sink, struct socgi_response *res) {
    struct respond *to = sink;
    while (response_pending(res) && to->turn > 0) {
        struct iovec parts[GATHER_MAX];
        bool file_next;
        size_t count = gather(res, to->turn, parts, &file_next);
        if (to->sent == 0) {
            atomic_store(&to->slot->touched, 1);
        }
        if (count == 0 && !file_next) {
            response_advance(res, 0);
            continue;
        }
        ssize_t n = count > 0 ? send_memory(to, parts, count, file_next) : send_file(to, res);
        if (n > 0) {
            to->sent += (uint64_t)n;
            to->turn -= (uint64_t)n;
            response_advance(res, (uint64_t)n);
        } else if (n == 0) {
            (void)next_failed(res);
            return fail(res, true);
        } else if (errno == EAGAIN) {
            return 0;
        } else if (errno == EBADF || errno == ENOTSOCK) {
            to->lost = true;
            return 0;
        } else if (errno != EINTR) {
            return fail(res, count == 0 && next_failed(res));
        }
    }
    return 0;
}

/* ---- The rest ---- */

static int fd_index(int *fds, size_t *count, int fd, uint32_t *index) {
    for (size_t i = 0; i < *count; i++) {
        if (fds[i] == fd) {
            *index = (uint32_t)i;
            return 0;
        }
    }
    if (*count == CHANNEL_FDS_MAX) {
        return -E2BIG;
    }
    *index = (uint32_t)*count;
    fds[(*count)++] = fd;
    return 0;
}

/* Where a part lies now that no text is in memory: in its file, or at the same place of the copy of `frame`. */
static void part_place(const struct socgi_response *res, const struct response_part *part, int frames, int *fd,
                       uint64_t *offset) {
    *offset = part->offset;
    *fd = part->kind == PART_FRAME ? frames : part->kind == PART_TEXT ? res->text.fd : res->files[part->file].fd;
}

static int tail_list(const struct socgi_response *res, int frames, struct wire_tail *tail, int *fds, size_t *count) {
    for (size_t i = res->next; i < res->framed; i++) {
        const struct response_part *part = &res->parts[i];
        uint32_t index;
        uint64_t offset;
        int fd;
        if (part->length == 0) {
            continue;
        }
        part_place(res, part, frames, &fd, &offset);
        int error = tail->count == WIRE_SEGMENTS_MAX ? -E2BIG : fd_index(fds, count, fd, &index);
        if (error) {
            return error;
        }
        tail->segments[tail->count++] = (struct wire_segment){.fd = index, .offset = offset, .length = part->length};
    }
    return 0;
}

/* Too many parts or files for one message, or one that the master does not take: all of it into one file. */
static int tail_copy(const struct socgi_response *res, int frames, int to) {
    for (size_t i = res->next; i < res->framed; i++) {
        const struct response_part *part = &res->parts[i];
        uint64_t left = part->length;
        uint64_t from;
        int fd;
        part_place(res, part, frames, &fd, &from);
        off_t offset = (off_t)from;
        while (left > 0) {
            ssize_t n = fd_copy(to, fd, &offset, left < INT_MAX ? (size_t)left : INT_MAX);
            if (n == 0 || (n < 0 && errno != EINTR)) {
                int error = n == 0 ? EIO : errno;
                (void)file_failed(fd, (uint64_t)offset);
                return -error;
            }
            left -= n > 0 ? (uint64_t)n : 0;
        }
    }
    return 0;
}

static bool frames_pending(const struct socgi_response *res) {
    for (size_t i = res->next; i < res->framed; i++) {
        if (res->parts[i].kind == PART_FRAME && res->parts[i].length > 0) {
            return true;
        }
    }
    return false;
}

/* A temporary file that the master takes. */
static int temporary_open(const char *spool, struct mounts *mounts) {
    int fd = spool_file(spool);
    if (fd >= 0 && !mounts_local(mounts, fd)) {
        close(fd);
        fd = memfd_create("socgi", MFD_CLOEXEC);
        return fd < 0 ? -errno : fd;
    }
    return fd;
}

/* -E2BIG: there is a file that the master does not take. */
static int tail_judge(struct mounts *mounts, const int *fds, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!mounts_local(mounts, fds[i])) {
            return -E2BIG;
        }
    }
    return 0;
}

static int tail_make(const struct socgi_response *res, const char *spool, struct mounts *mounts, uint64_t left,
                     struct wire_tail *tail, int *fds, size_t *count, int *made) {
    int error = 0;
    if (frames_pending(res)) {
        *made = temporary_open(spool, mounts);
        error = *made < 0 ? *made : fd_write_all(*made, res->frame.data, res->frame.length);
    }
    if (!error) {
        error = tail_list(res, *made, tail, fds, count);
    }
    if (!error) {
        error = tail_judge(mounts, fds, *count);
    }
    if (error != -E2BIG) {
        return error;
    }
    int frames = *made;
    *made = temporary_open(spool, mounts);
    error = *made < 0 ? *made : tail_copy(res, frames, *made);
    fd_close(&frames);
    tail->count = 1;
    tail->segments[0] = (struct wire_segment){.fd = 0, .offset = 0, .length = left};
    fds[0] = *made;
    *count = 1;
    return error;
}

int respond_tail(struct socgi_response *res, const char *spool, struct mounts *mounts, struct wire_tail *tail, int *fds,
                 size_t *count, int *made, uint64_t *left) {
    *count = 0;
    *made = -1;
    *left = 0;
    tail->count = 0;
    for (size_t i = res->next; i < res->framed; i++) {
        *left += res->parts[i].length;
    }
    int error = res->text.memory.length > 0 ? response_spill(res) : 0;
    return error ? error : tail_make(res, spool, mounts, *left, tail, fds, count, made);
}
