/* The private folder of a master. */
#include "generation/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

bool plugin_file(const char *name) {
    size_t length = strlen(name);
    return name[0] != '.' && length > 3 && strcmp(name + length - 3, ".so") == 0;
}

/* ---- Files ---- */

static int copy_bytes(int from, int to) {
    enum { STEP = 1 << 30 };
    off_t offset = 0;
    for (;;) {
        ssize_t n = fd_copy(to, from, &offset, STEP);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
    }
}

int copy_to(int from, const char *path) {
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0555);
    int error = to < 0 ? -errno : copy_bytes(from, to);
    if (!error && fchmod(to, 0555) < 0) { /* whatever the umask: workers may be another user's */
        error = -errno;
    }
    fd_close(&to);
    return error;
}

/* What link(2) says where there are none, or not so many. */
static bool lacks_links(int error) {
    return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK || error == EXDEV;
}

int copy_name(const char *copy, const char *path) {
    if (link(copy, path) == 0) {
        return 0;
    }
    if (!lacks_links(errno)) {
        return -errno;
    }
    int from = open(copy, O_RDONLY | O_CLOEXEC);
    int error = from < 0 ? -errno : copy_to(from, path);
    fd_close(&from);
    return error;
}

/* ---- Folders ---- */

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

static void folders_forget(struct store *store) {
    fd_close(&store->lock);
    free(store->folder);
    free(store->editions);
    store->folder = store->editions = NULL;
}

static int folders_make(struct store *store) {
    store->folder = place_make(store->given, &store->lock);
    if (!store->folder) {
        return -errno;
    }
    store->editions = store_folder(store, "editions", getegid());
    if (!store->editions) {
        int error = -errno;
        log_line(LOG_ERROR, "no folder for copies of the plugins can be made in %s: mkdir: %s", store->folder,
                 strerror(-error));
        folder_remove(store->folder);
        folders_forget(store);
        return error;
    }
    return 0;
}

int store_open(struct store *store, const char *given) {
    *store = (struct store){.lock = -1, .given = given ? strdup(given) : NULL};
    return given && !store->given ? -ENOMEM : folders_make(store);
}

static bool is_there(const char *folder) {
    return folder && (access(folder, F_OK) == 0 || errno != ENOENT);
}

int store_mend(struct store *store) {
    if (is_there(store->editions)) {
        return 0;
    }
    if (is_there(store->folder)) {
        log_line(LOG_WARNING, "somebody has removed %s, where copies of the plugins were: it is made anew",
                 store->editions);
        return mkdir(store->editions, 0750) < 0 ? -errno : 0;
    }
    if (store->folder) {
        log_line(LOG_WARNING, "somebody has removed %s, where copies of the plugins were: they are made anew",
                 store->folder);
    }
    folders_forget(store);
    return folders_make(store);
}

void store_close(struct store *store) {
    if (store->folder) {
        folder_remove(store->folder);
        folders_forget(store);
    }
    free(store->given);
    *store = (struct store){.lock = -1};
}
