/* Temporary folders of tests. */
#include "testing/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

char *folder_new(void) {
    const char *parent = getenv("TMPDIR");
    char *path;
    if (asprintf(&path, "%s/socgi-test-XXXXXX", parent && *parent ? parent : "/tmp") < 0) {
        return NULL;
    }
    if (!mkdtemp(path)) {
        free(path);
        return NULL;
    }
    return path;
}

/* Not empty, not from the root, nothing of it "..". */
static bool name_valid(const char *name) {
    for (const char *at = name; at; at = strchr(at, '/')) {
        at += at > name && *at == '/';
        size_t length = strcspn(at, "/");
        if (length == 0 || (length == 2 && memcmp(at, "..", 2) == 0)) {
            return false;
        }
    }
    return true;
}

/* Each folder that the path leads through, behind `begin`. */
static int parents_make(char *path, size_t begin) {
    for (char *slash = strchr(path + begin, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = mkdir(path, 0755) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made) {
            return -errno;
        }
    }
    return 0;
}

int folder_write(const char *folder, const char *name, const void *data, size_t length) {
    char *path;
    if (!name_valid(name)) {
        return -EINVAL;
    }
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        return -ENOMEM;
    }
    int error = parents_make(path, strlen(folder) + 1);
    int fd = error ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (!error) {
        error = fd < 0 ? -errno : fd_write_all(fd, data, length);
    }
    fd_close(&fd);
    free(path);
    return error;
}

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *place) {
    (void)st;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

void folder_remove(char *folder) {
    enum { DESCRIPTORS = 16 };
    if (folder) {
        (void)nftw(folder, entry_remove, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
        free(folder);
    }
}
