/* The folder of what socgi dev has compiled. */
#include "dev/made.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define PREFIX "socgi-dev-"
#define LETTERS "XXXXXX" /* of mkdtemp(3) */

static const char *parent_of(void) {
    const char *parent = getenv("TMPDIR");
    return parent && *parent ? parent : "/tmp";
}

/* Plugins, those under construction, and nothing else: the folder may be somebody's whose name is like ours. */
static void folder_empty(int fd) {
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        if (strstr(entry->d_name, ".so")) {
            unlinkat(fd, entry->d_name, 0);
        }
    }
    if (folder) {
        closedir(folder);
    } else {
        fd_close(&again);
    }
}

static bool is_ours(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0777) == 0700;
}

static void leftovers_remove(const char *parent) {
    DIR *folder = opendir(parent);
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        const char *name = entry->d_name;
        if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || strlen(name) != strlen(PREFIX LETTERS)) {
            continue;
        }
        int fd = openat(dirfd(folder), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && is_ours(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            folder_empty(fd);
            unlinkat(dirfd(folder), name, AT_REMOVEDIR);
        }
        fd_close(&fd);
    }
    if (folder) {
        closedir(folder);
    }
}

/* Between its making and its lock another one may take it for a leftover: then it is no longer there. */
static int made_lock(struct made *made) {
    struct stat st;
    made->lock = open(made->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (made->lock < 0 || flock(made->lock, LOCK_EX) < 0 || fstat(made->lock, &st) < 0) {
        return -errno;
    }
    return st.st_nlink > 0 ? 0 : -ENOENT;
}

int made_open(struct made *made) {
    enum { TRIES = 8 };
    const char *parent = parent_of();
    int error = -ENOENT;
    leftovers_remove(parent);
    made->lock = -1;
    for (int i = 0; i < TRIES && error == -ENOENT; i++) {
        fd_close(&made->lock);
        int length = snprintf(made->path, sizeof(made->path), "%s/" PREFIX LETTERS, parent);
        if (length < 0 || (size_t)length >= sizeof(made->path)) {
            return -ENAMETOOLONG;
        }
        if (!mkdtemp(made->path)) {
            return -errno;
        }
        error = made_lock(made);
    }
    return error;
}

void made_close(struct made *made) {
    if (made->lock >= 0) {
        folder_empty(made->lock);
        rmdir(made->path);
    }
    fd_close(&made->lock);
}
