/* Where the running program lies. */
#include "base/self.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char own[] = "/proc/self/exe";

size_t self_find(char path[PATH_MAX]) {
    ssize_t length = readlink(own, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

/* Whoever starts us may call us anything. */
static bool is_self(const char *path) {
    struct stat a, b;
    return stat(path, &a) == 0 && stat(own, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static char *path_join(const char *folder, size_t length, const char *name) {
    char *path;
    return asprintf(&path, "%.*s/%s", (int)length, folder, name) < 0 ? NULL : path;
}

/* By the folders of PATH, as execvp(3) does; NULL: none of them has us. */
static char *path_search(const char *name) {
    const char *at = getenv("PATH");
    while (at && *at) {
        size_t length = strcspn(at, ":");
        char *path = *at == '/' ? path_join(at, length, name) : NULL;
        if (path && is_self(path)) {
            return path;
        }
        free(path);
        at += length + (at[length] == ':');
    }
    return NULL;
}

char *self_called(const char *name) {
    char folder[PATH_MAX];
    char *path = !name || !name[0]          ? NULL
                 : !strchr(name, '/')       ? path_search(name)
                 : name[0] == '/'           ? strdup(name)
                 : getcwd(folder, PATH_MAX) ? path_join(folder, strlen(folder), name)
                                            : NULL;
    if (path && is_self(path)) {
        return path;
    }
    free(path);
    return realpath(own, NULL);
}
