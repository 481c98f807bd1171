/* The tree of files below the root. The kernel keeps paths inside it, so there is no check here that a race could beat.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RACES_MAX = 8 };

/* openat2 gives EAGAIN when a rename elsewhere makes it unsure that a ".." in a link stayed below the root. */
static int open_beneath(int root, const char *path, unsigned flags) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    for (int races = 0;;) {
        long fd = syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
        if (fd >= 0) {
            return (int)fd;
        }
        if (errno != EINTR && (errno != EAGAIN || ++races == RACES_MAX)) {
            return -errno;
        }
    }
}

int tree_refused(void) {
    bool refused = syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno != EINVAL; /* which is what these arguments are */
    return refused ? -errno : 0;
}

int tree_root(const char *folder) {
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        return -errno;
    }
    int probe = open_beneath(root, ".", O_RDONLY | O_DIRECTORY);
    if (probe < 0) {
        close(root);
        return probe;
    }
    close(probe);
    return root;
}

static int examine(int fd, struct stat *st) {
    if (fstat(fd, st) < 0) {
        return -errno;
    }
    return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ? 0 : -ENOENT;
}

/* O_NONBLOCK, for the opening of a FIFO would wait for its writer. */
int tree_open(int root, const char *path, struct stat *st) {
    int fd = open_beneath(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    int error = fd < 0 ? fd : examine(fd, st);
    if (error && fd >= 0) {
        close(fd);
    }
    return error ? error : fd;
}

int tree_stat(int root, const char *path, struct stat *st) {
    int fd = open_beneath(root, path, O_PATH);
    if (fd < 0) {
        return fd;
    }
    int error = examine(fd, st);
    close(fd);
    return error;
}

bool tree_hidden(const char *path) {
    while (*path) {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        bool known = length == strlen(".well-known") && memcmp(path, ".well-known", length) == 0;
        if (*path == '.' && !known) {
            return true;
        }
        path += length;
    }
    return false;
}

int tree_status(int error) {
    static const struct {
        int error;
        int status;
    } statuses[] = {
        {ENOENT, 404}, {ENOTDIR, 404}, {ENAMETOOLONG, 404}, {ELOOP, 404},  {EXDEV, 404},  {ENXIO, 404},  {ENODEV, 404},
        {EACCES, 403}, {EPERM, 403},   {EMFILE, 503},       {ENFILE, 503}, {ENOMEM, 503}, {EAGAIN, 503},
    };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].error == -error) {
            return statuses[i].status;
        }
    }
    return 500;
}
