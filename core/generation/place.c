/* The place of the private folder. */
#include "generation/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#define PREFIX "socgi-copies-" /* then mkdtemp's letters */

enum { OPEN_FOLDERS = 8, TRIES = 8 };

/* A small /run is others', too. */
static const uint64_t LEAST_ROOM = 64 << 20;

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

/* ---- What others have left ---- */

/* Who could lock it alone may remove it: its master has ended, however it did. */
static void leftover_remove(const char *parent, const char *name) {
    char *path;
    struct stat st;
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || asprintf(&path, "%s/%s", parent, name) < 0) {
        return;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        folder_remove(path);
    }
    fd_close(&fd);
    free(path);
}

static void leftovers_remove(const char *parent) {
    DIR *folder = opendir(parent);
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        leftover_remove(parent, entry->d_name);
    }
    if (folder) {
        closedir(folder);
    }
}

/* ---- One of our own ---- */

/* Another master may have taken it for a leftover before it was locked. */
static bool is_still(const char *path, int fd) {
    struct stat a, b;
    return stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* One try; -EWOULDBLOCK: another master or a cleaner was faster. A file system without locks has none, and so nobody
 * else could lock it. */
static char *folder_make(const char *parent, int *lock) {
    char *path;
    if (asprintf(&path, "%s/" PREFIX "XXXXXX", parent) < 0) {
        errno = ENOMEM;
        return NULL;
    }
    if (!mkdtemp(path)) {
        int saved = errno;
        free(path);
        errno = saved;
        return NULL;
    }
    *lock = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool busy = *lock >= 0 && flock(*lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (*lock < 0 || busy || !is_still(path, *lock)) {
        fd_close(lock);
        folder_remove(path);
        free(path);
        errno = EWOULDBLOCK;
        return NULL;
    }
    (void)chmod(path, 0711); /* workers of other users pass through to their own */
    return path;
}

static char *folder_try(const char *parent, int *lock) {
    char *path = NULL;
    leftovers_remove(parent);
    errno = EWOULDBLOCK;
    for (int i = 0; i < TRIES && !path && errno == EWOULDBLOCK; i++) {
        path = folder_make(parent, lock);
    }
    return path;
}

/* ---- Where ---- */

static bool forbids_running(const char *folder) {
    struct statvfs fs;
    return statvfs(folder, &fs) == 0 && fs.f_flag & ST_NOEXEC;
}

/* Other users' workers must come through, and there must be room. */
static bool will_do(const char *folder) {
    struct stat st;
    struct statvfs fs;
    return access(folder, W_OK | X_OK) == 0 && stat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
           (geteuid() != 0 || st.st_mode & S_IXOTH) && statvfs(folder, &fs) == 0 && !(fs.f_flag & ST_NOEXEC) &&
           (uint64_t)fs.f_bavail * fs.f_frsize >= LEAST_ROOM;
}

static char *default_make(int *lock) {
    const char *runtime = getenv("RUNTIME_DIRECTORY");
    char *first = runtime && runtime[0] == '/' ? strndup(runtime, strcspn(runtime, ":")) : NULL;
    const char *const places[] = {first, "/run/socgi", "/var/tmp", "/tmp"};
    char *path = NULL;
    if (geteuid() == 0) {
        (void)mkdir("/run/socgi", 0755);
    }
    errno = EACCES;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !path; i++) {
        path = places[i] && will_do(places[i]) ? folder_try(places[i], lock) : NULL;
    }
    int saved = errno;
    free(first);
    if (!path) {
        log_line(LOG_ERROR,
                 "no folder for copies of the plugins can be made in $RUNTIME_DIRECTORY, /run/socgi, /var/tmp or /tmp "
                 "(each must be writable, not mounted noexec, and have 64 MiB free; the last one: %s): set "
                 "spool_folder",
                 strerror(saved));
    }
    errno = saved;
    return path;
}

char *place_make(const char *given, int *lock) {
    *lock = -1;
    if (given && forbids_running(given)) {
        log_line(LOG_WARNING,
                 "spool_folder %s is mounted noexec: copies of plugins, which are loaded from there, lie elsewhere "
                 "(mount it with exec, or leave spool_folder out)",
                 given);
        given = NULL;
    }
    char *path = given ? folder_try(given, lock) : default_make(lock);
    if (given && !path) {
        int saved = errno;
        log_line(LOG_ERROR, "no folder for copies of the plugins can be made in spool_folder %s: mkdir: %s", given,
                 strerror(saved));
        errno = saved;
    }
    return path;
}
