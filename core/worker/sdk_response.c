/* The SDK: files in the response's body, and an answer that is sent early or begun anew. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "worker/answer.h"
#include "worker/response.h"

enum { SMALL_FILE = 16384 };

/* Only a regular file can be sent later and by another process without waiting, and only bytes that it has. */
static int file_check(int fd, off_t offset, size_t length, struct stat *st) {
    if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
        return -EINVAL;
    }
    return offset < 0 || offset > st->st_size || length > (size_t)(st->st_size - offset) ? -EINVAL : 0;
}

static int file_readable(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || (flags & O_ACCMODE) == O_WRONLY || (flags & O_PATH) ? -EINVAL : 0;
}

/* A few bytes go with the head in one send. */
static int file_copy(struct socgi_response *res, int fd, off_t offset, size_t length) {
    char data[SMALL_FILE];
    ssize_t n;
    do {
        n = pread(fd, data, length, offset);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)length ? response_write(res, data, length) : -EINVAL;
}

/* The index of the file among the response's; takes over the descriptor, or closes it if the file is open there
 * already. */
static int file_enter(struct socgi_response *res, int *fd, const struct stat *st, uint32_t *index) {
    for (*index = 0; *index < res->file_count; ++*index) {
        if (res->files[*index].device == st->st_dev && res->files[*index].inode == st->st_ino) {
            return 0;
        }
    }
    if (res->file_count == RESPONSE_FILES_MAX) {
        return -EMFILE;
    }
    res->files[res->file_count++] = (struct response_file){*fd, st->st_dev, st->st_ino};
    *fd = -1;
    return 0;
}

int socgi_send_fd(struct socgi_response *res, int fd, off_t offset, size_t length) {
    struct stat st;
    struct response_part part = {.kind = PART_FILE, .offset = (uint64_t)offset, .length = length};
    int error = file_check(fd, offset, length, &st);
    if (!error && length > 0 && length <= SMALL_FILE && !res->gone) {
        error = file_copy(res, fd, offset, length);
    } else if (!error && length > 0 && !res->gone) {
        error = file_readable(fd);
        error = error ? error : file_enter(res, &fd, &st, &part.file);
        error = error ? error : response_append(res, part);
    }
    if (error && !res->error) {
        res->error = error;
    }
    fd_close(&fd);
    return error;
}

int socgi_flush(struct socgi_response *res, int status) {
    return answer_flush(res, status);
}

int socgi_reset(struct socgi_response *res) {
    if (res->begun) {
        return -EISCONN;
    }
    response_reset(res);
    return 0;
}
