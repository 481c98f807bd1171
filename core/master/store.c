/* The private copies of the plugin files. */
#include "master/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define PREFIX "socgi-plugins-" /* then the master's pid, '-', and mkdtemp's letters */

static bool is_plugin(const char *name) {
    size_t length = strlen(name);
    return name[0] != '.' && length > 3 && strcmp(name + length - 3, ".so") == 0;
}

static int copy_bytes(int from, int to) {
    enum { STEP = 1 << 30 };
    for (;;) {
        ssize_t n = sendfile(to, from, NULL, STEP);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
    }
}

static int copy_file(int from_folder, int to_folder, const char *name) {
    int from = openat(from_folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (from < 0) {
        return -errno;
    }
    struct stat st;
    int error = fstat(from, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    int to = error ? -1 : openat(to_folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
    if (!error) {
        error = to < 0 ? -errno : copy_bytes(from, to);
    }
    fd_close(&from);
    fd_close(&to);
    return error;
}

static int copy_all(const char *plugins, int to) {
    DIR *folder = opendir(plugins);
    if (!folder) {
        int error = -errno;
        log_line(LOG_ERROR, "the plugin folder %s cannot be read: %s", plugins, strerror(-error));
        return error;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (!is_plugin(entry->d_name)) {
            continue;
        }
        int error = copy_file(dirfd(folder), to, entry->d_name);
        if (error) {
            log_line(LOG_ERROR, "plugin %s is not served: it cannot be copied: %s", entry->d_name, strerror(-error));
            unlinkat(to, entry->d_name, 0);
        }
    }
    closedir(folder);
    return 0;
}

static void remove_folder(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        return;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (is_plugin(entry->d_name)) {
            unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    closedir(folder);
    rmdir(path);
}

/* A folder of ours whose master is no longer there: it was killed before it could remove it. */
static bool is_leftover(int parent, const char *name) {
    char *end;
    struct stat st;
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0) {
        return false;
    }
    long pid = strtol(name + strlen(PREFIX), &end, 10);
    return pid > 0 && *end == '-' && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
           st.st_uid == geteuid() && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void remove_leftovers(const char *parent) {
    DIR *folder = opendir(parent);
    if (!folder) {
        return;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char *path;
        if (is_leftover(dirfd(folder), entry->d_name) && asprintf(&path, "%s/%s", parent, entry->d_name) >= 0) {
            remove_folder(path);
            free(path);
        }
    }
    closedir(folder);
}

int store_open(struct store *store, const char *plugins, const char *parent) {
    remove_leftovers(parent);
    char *path;
    if (asprintf(&path, "%s/" PREFIX "%d-XXXXXX", parent, (int)getpid()) < 0) {
        return -ENOMEM;
    }
    if (!mkdtemp(path)) {
        int error = -errno;
        log_line(LOG_ERROR, "no folder for copies of the plugins can be made in %s: %s", parent, strerror(-error));
        free(path);
        return error;
    }
    store->folder = path;
    int to = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = to < 0 ? -errno : copy_all(plugins, to);
    fd_close(&to);
    if (error) {
        store_close(store);
    }
    return error;
}

void store_close(struct store *store) {
    if (store->folder) {
        remove_folder(store->folder);
        free(store->folder);
        store->folder = NULL;
    }
}
