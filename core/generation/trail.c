/* The trail to the plugins' files. */
#include "generation/trail.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "generation/store.h"

/* As many links as path_resolution(7) follows. More marks than that are no plugin folder's: the slow look sees to the
 * rest. */
enum { LINKS_MAX = 40, MARKS_MAX = 1024 };

static const uint32_t masks[] = {
    [TRAIL_STEP] = IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB | IN_DONT_FOLLOW,
    [TRAIL_AWAIT] = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR,
    [TRAIL_FOLDER] = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_MODIFY | IN_ATTRIB |
                     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
    [TRAIL_TARGET] = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW,
};

static bool has(const struct trail *t, int wd) {
    for (size_t i = 0; t && i < t->count; i++) {
        if (t->marks[i].wd == wd) {
            return true;
        }
    }
    return false;
}

/* What was watched there before for another reason is so no more, unless this walk has one, too. */
static int watch_add(int fd, const struct trail *t, const char *path, uint32_t mask) {
    int wd = inotify_add_watch(fd, path, mask | IN_MASK_ADD);
    if (wd >= 0 && !has(t, wd)) {
        int again = inotify_add_watch(fd, path, mask);
        if (again != wd) { /* another has come to its place */
            (void)inotify_rm_watch(fd, wd);
            wd = again;
        }
    }
    return wd;
}

static int mark_add(int fd, struct trail *t, const char *path, enum trail_kind kind, const char *name) {
    if (t->count == MARKS_MAX) {
        t->error = -E2BIG;
        return -E2BIG;
    }
    struct trail_mark *grown = reallocarray(t->marks, t->count + 1, sizeof(*grown));
    char *copy = name ? strdup(name) : NULL;
    int wd = -1;
    int error = !grown || (name && !copy) ? -ENOMEM : 0;
    t->marks = grown ? grown : t->marks;
    if (!error) {
        wd = watch_add(fd, t, path, masks[kind]);
        error = wd < 0 ? -errno : 0;
    }
    if (error) {
        free(copy);
        /* What may not be read cannot be watched, and may lead on all the same. */
        t->error = error == -ENOSPC || error == -ENOMEM ? error : t->error;
        return error;
    }
    t->marks[t->count++] = (struct trail_mark){.wd = wd, .kind = kind, .name = copy};
    return 0;
}

static bool is_missing(int error) {
    return error == -ENOENT || error == -ENOTDIR;
}

/* A step is watched first and followed then: who changes it in between is seen. */
static int step_watch(int fd, struct trail *t, const char *folder, const char *name, const char *path) {
    int error = mark_add(fd, t, path, TRAIL_STEP, NULL);
    if (is_missing(error)) {
        (void)mark_add(fd, t, folder, TRAIL_AWAIT, name);
        error = mark_add(fd, t, path, TRAIL_STEP, NULL); /* it may have come meanwhile */
    }
    return is_missing(error) ? error : 0;
}

/* The way to a path, whose own `place` is given without links, in a text of PATH_MAX bytes. 0, or -errno. */
static int path_walk(int fd, struct trail *t, const char *path, char *place) {
    char rest[PATH_MAX];
    int links = 0;
    if (strlen(path) >= sizeof(rest)) {
        return -ENAMETOOLONG;
    }
    memcpy(rest, path, strlen(path) + 1);
    snprintf(place, PATH_MAX, "%s", rest[0] == '/' ? "/" : ".");
    for (;;) {
        char name[NAME_MAX + 1];
        char step[PATH_MAX + NAME_MAX + 2];
        char target[PATH_MAX];
        char further[2 * PATH_MAX];
        const char *begin = rest + strspn(rest, "/");
        size_t length = strcspn(begin, "/");
        if (length == 0) {
            return 0;
        }
        if (length > NAME_MAX) {
            return -ENAMETOOLONG;
        }
        snprintf(name, sizeof(name), "%.*s", (int)length, begin);
        snprintf(step, sizeof(step), "%s%s%s", place, strcmp(place, "/") == 0 ? "" : "/", name);
        int error = strcmp(name, ".") == 0 ? 0 : step_watch(fd, t, place, name, step);
        if (error || strlen(step) >= PATH_MAX) {
            return error ? error : -ENAMETOOLONG;
        }
        ssize_t n = readlink(step, target, sizeof(target) - 1);
        if (n > 0 && ++links > LINKS_MAX) {
            return -ELOOP;
        }
        target[n > 0 ? n : 0] = '\0';
        snprintf(further, sizeof(further), "%s%s", target, begin + length);
        if (strlen(further) >= sizeof(rest)) {
            return -ENAMETOOLONG;
        }
        memcpy(rest, further, strlen(further) + 1);
        if (n <= 0) {
            memcpy(place, step, strlen(step) + 1);
        } else if (target[0] == '/') {
            snprintf(place, PATH_MAX, "/");
        }
    }
}

/* A plugin that is a link, to wherever it leads. */
static void plugin_walk(int fd, struct trail *t, const char *folder, const char *name) {
    char path[PATH_MAX + NAME_MAX + 2];
    char place[PATH_MAX];
    char target[2];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (readlink(path, target, sizeof(target)) >= 0 && path_walk(fd, t, path, place) == 0) {
        (void)mark_add(fd, t, place, TRAIL_TARGET, name);
    }
}

void trail_walk(int fd, const char *folder, struct trail *t) {
    char place[PATH_MAX];
    *t = (struct trail){.error = 0};
    if (path_walk(fd, t, folder, place) || mark_add(fd, t, place, TRAIL_FOLDER, NULL)) {
        return;
    }
    DIR *list = opendir(place);
    for (const struct dirent *entry; list && (entry = readdir(list));) {
        if (plugin_file(entry->d_name) && (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)) {
            plugin_walk(fd, t, place, entry->d_name);
        }
    }
    if (list) {
        closedir(list);
    }
}

void trail_leave(int fd, const struct trail *old, const struct trail *now) {
    for (size_t i = 0; i < old->count; i++) {
        if (!has(now, old->marks[i].wd)) {
            (void)inotify_rm_watch(fd, old->marks[i].wd); /* if it is not gone by itself */
        }
    }
}

void trail_free(struct trail *t) {
    for (size_t i = 0; i < t->count; i++) {
        free(t->marks[i].name);
    }
    free(t->marks);
    *t = (struct trail){0};
}
