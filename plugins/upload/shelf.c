/* The folder of files. */
#include "shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "safe.h"

/* A file without a name, which is gone when it is closed. */
static int nameless(const struct shelf *s) {
    int fd = openat(s->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0640);
    return fd < 0 ? -errno : fd;
}

int shelf_open(struct shelf *s, const char *folder) {
    s->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->folder < 0) {
        return -errno;
    }
    int probe = nameless(s);
    if (probe < 0) {
        shelf_close(s);
        return probe;
    }
    close(probe);
    return 0;
}

void shelf_close(struct shelf *s) {
    close(s->folder);
}

/* ---- Adding ---- */

static int write_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        data += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return fdatasync(fd) < 0 ? -errno : 0; /* a full disk may be noticed only now */
}

/* Gives the file a name; one that is taken is left alone (EEXIST), whoever has taken it in the meantime. */
static int name_give(const struct shelf *s, int fd, const char *name, char kept[NAME_MAX + 1]) {
    char self[32];
    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    (void)snprintf(kept, NAME_MAX + 1, "%s", name);
    for (unsigned number = 2; linkat(AT_FDCWD, self, s->folder, kept, AT_SYMLINK_FOLLOW) < 0; number++) {
        if (errno != EEXIST || number > s->count + 2) {
            return -errno;
        }
        safe_number(name, number, kept, NAME_MAX + 1);
    }
    return 0;
}

struct usage {
    uint64_t total;
    uint64_t count;
};

static void usage_add(void *data, const char *name, const struct stat *st) {
    struct usage *usage = data;
    (void)name;
    usage->total += (uint64_t)st->st_size;
    usage->count++;
}

/* Between the look at what is there and the new name nobody else may add: the lock is what makes the limits true. */
static int add_locked(const struct shelf *s, int fd, size_t length, const char *name, char kept[NAME_MAX + 1]) {
    struct usage usage = {0};
    int error = shelf_each(s, usage_add, &usage);
    if (error) {
        return error;
    }
    if (usage.count >= s->count || usage.total > s->total || length > s->total - usage.total) {
        return -EDQUOT;
    }
    return name_give(s, fd, name, kept);
}

static int add(const struct shelf *s, int fd, size_t length, const char *name, char kept[NAME_MAX + 1]) {
    while (flock(s->folder, LOCK_EX) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    int error = add_locked(s, fd, length, name, kept);
    flock(s->folder, LOCK_UN); /* a worker that dies before this lets go of it, too */
    return error;
}

int shelf_keep(const struct shelf *s, const char *name, const void *data, size_t length, char kept[NAME_MAX + 1]) {
    int fd = nameless(s);
    if (fd < 0) {
        return fd;
    }
    int error = write_all(fd, data, length);
    error = error ? error : add(s, fd, length, name, kept);
    close(fd);
    return error;
}

/* ---- Reading ---- */

/* O_NOFOLLOW and O_NONBLOCK: whatever else has got into the folder, a link or a pipe, is no file of ours. */
int shelf_get(const struct shelf *s, const char *name, struct stat *st) {
    if (!safe_is(name)) {
        return -ENOENT;
    }
    int fd = openat(s->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ELOOP || errno == ENXIO || errno == ENAMETOOLONG ? -ENOENT : -errno;
    }
    if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
        close(fd);
        return -ENOENT;
    }
    return fd;
}

static int is_shown(const struct dirent *entry) {
    return safe_is(entry->d_name);
}

int shelf_each(const struct shelf *s, shelf_visitor *visit, void *data) {
    struct dirent **entries;
    int count = scandirat(s->folder, ".", &entries, is_shown, alphasort);
    if (count < 0) {
        return -errno;
    }
    for (int i = 0; i < count; i++) {
        struct stat st;
        if (fstatat(s->folder, entries[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
            visit(data, entries[i]->d_name, &st);
        }
        free(entries[i]);
    }
    free(entries);
    return 0;
}
