/* Descriptors. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

void fd_close(int *fd) {
    if (*fd >= 0) {
        int saved = errno;
        close(*fd);
        *fd = -1;
        errno = saved;
    }
}

static void (*drop_by)(int *fd) = fd_close; /* the process has one place for that */

void fd_drop_by(void (*take)(int *fd)) {
    drop_by = take;
}

void fd_drop(int *fd) {
    drop_by(fd);
}

const char *fd_name(int fd, char text[FD_NAME]) {
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, text, FD_NAME - 1);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

int fd_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)) {
        return -errno;
    }
    return 0;
}

int fd_lift(int fd, int least) {
    int lifted = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, least);
    fd_close(&fd);
    return lifted;
}

int fd_temporary(const char *folder) {
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0400);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        fd = memfd_create("socgi", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    return fd < 0 ? -errno : fd;
}

int fd_reopen(int fd) {
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int again = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return again < 0 ? -errno : again;
}

int fd_seal(int *fd) {
    if (fcntl(*fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0) {
        return 0;
    }
    int again = fd_reopen(*fd);
    if (again < 0) {
        return again;
    }
    close(*fd);
    *fd = again;
    return 0;
}

int fd_write_all(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

bool fd_copy_refused(int error) {
    return error == EINVAL || error == ENOSYS || error == EPERM || error == EOPNOTSUPP;
}

ssize_t fd_copy(int to, int from, off_t *offset, size_t most) {
    char piece[16384];
    ssize_t n = sendfile(to, from, offset, most < INT_MAX ? most : INT_MAX);
    if (n >= 0 || !fd_copy_refused(errno)) {
        return n;
    }
    n = pread(from, piece, most < sizeof(piece) ? most : sizeof(piece), *offset);
    n = n > 0 ? write(to, piece, (size_t)n) : n;
    *offset += n > 0 ? n : 0;
    return n;
}
