/* Links out of the folder of programs. */
#include "links.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RACES_MAX = 8, LINKS_MAX = 40 };

/* openat2 gives EAGAIN when a rename elsewhere makes it unsure that a ".." in a link stayed below the root. */
int links_beneath(int root, const char *path) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    for (int races = 0;;) {
        long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
        if (fd >= 0) {
            return (int)fd;
        }
        if (errno != EINTR && (errno != EAGAIN || ++races == RACES_MAX)) {
            return -errno;
        }
    }
}

int links_refused(void) {
    bool refused = syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno != EINVAL; /* which is what these arguments are */
    return refused ? -errno : 0;
}

struct walk {
    int at;              /* where it is */
    char rest[PATH_MAX]; /* and what remains of the way */
    int links;           /* that were followed */
    uid_t owner;         /* of those that are not root's; 0: there was none */
    bool owners;         /* two of them */
};

/* What the link says goes before the rest. */
static int link_take(struct walk *w, int fd, const struct stat *st) {
    char text[PATH_MAX];
    char rest[PATH_MAX];
    ssize_t length = readlinkat(fd, "", text, sizeof(text) - 1);
    if (length <= 0 || ++w->links > LINKS_MAX) {
        return length < 0 ? -errno : -ELOOP;
    }
    text[length] = '\0';
    w->owners |= st->st_uid != 0 && w->owner != 0 && st->st_uid != w->owner;
    w->owner = st->st_uid != 0 ? st->st_uid : w->owner;
    memcpy(rest, w->rest, strlen(w->rest) + 1);
    int whole = snprintf(w->rest, sizeof(w->rest), "%s/%s", text, rest);
    if (whole >= (int)sizeof(w->rest)) {
        return -ENAMETOOLONG;
    }
    if (text[0] == '/') {
        close(w->at);
        w->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    return w->at < 0 ? -errno : 0;
}

static int step(struct walk *w, struct stat *st) {
    const char *name = w->rest + strspn(w->rest, "/");
    size_t length = strcspn(name, "/");
    char one[NAME_MAX + 1];
    if (length > NAME_MAX) {
        return -ENAMETOOLONG;
    }
    memcpy(one, name, length);
    one[length] = '\0';
    memmove(w->rest, name + length, strlen(name + length) + 1);
    int fd = openat(w->at, one, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, st) < 0) {
        int error = -errno;
        if (fd >= 0) {
            close(fd);
        }
        return error;
    }
    if (S_ISLNK(st->st_mode)) {
        int error = link_take(w, fd, st);
        close(fd);
        return error;
    }
    close(w->at);
    w->at = fd;
    return 0;
}

int links_follow(int root, const char *path, struct links_refusal *refusal) {
    struct walk w = {.at = fcntl(root, F_DUPFD_CLOEXEC, 0)};
    struct stat st = {0};
    int error = w.at < 0 ? -errno : snprintf(w.rest, sizeof(w.rest), "%s", path) >= PATH_MAX ? -ENAMETOOLONG : 0;
    while (!error && w.rest[strspn(w.rest, "/")]) {
        error = step(&w, &st);
    }
    if (!error && fstat(w.at, &st) < 0) {
        error = -errno;
    }
    if (!error && refusal && (w.owners || (w.owner != 0 && w.owner != st.st_uid))) {
        *refusal = (struct links_refusal){.link = w.owner, .target = st.st_uid};
        error = -EPERM;
    }
    if (error && w.at >= 0) {
        close(w.at);
    }
    return error ? error : w.at;
}
