/* The private folder of a master. */
#include "generation/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define PREFIX "socgi-plugins-" /* then the master's pid, '-', and mkdtemp's letters */

enum { OPEN_FOLDERS = 8 };

bool plugin_file(const char *name) {
    size_t length = strlen(name);
    return name[0] != '.' && length > 3 && strcmp(name + length - 3, ".so") == 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st;
    (void)type;
    (void)at;
    (void)remove(path); /* the rest is removed all the same */
    return 0;
}

void folder_remove(const char *path) {
    (void)nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
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
            folder_remove(path);
            free(path);
        }
    }
    closedir(folder);
}

char *store_folder(const struct store *store, const char *name, gid_t group) {
    char *path;
    if (asprintf(&path, "%s/%s", store->folder, name) < 0) {
        return NULL;
    }
    if (mkdir(path, 0750) < 0 || (group != getegid() && chown(path, (uid_t)-1, group) < 0)) {
        int saved = errno;
        rmdir(path);
        free(path);
        errno = saved;
        return NULL;
    }
    return path;
}

int store_open(struct store *store, const char *parent) {
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
    (void)chmod(path, 0711); /* workers of other users pass through to their own */
    store->editions = store_folder(store, "editions", getegid());
    if (!store->editions) {
        int error = -errno;
        store_close(store);
        return error;
    }
    return 0;
}

void store_close(struct store *store) {
    if (store->folder) {
        folder_remove(store->folder);
    }
    free(store->folder);
    free(store->editions);
    *store = (struct store){0};
}
