/* The watch on the plugin folder. */
#include "generation/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/reason.h"
#include "config/config.h"
#include "generation/store.h"

/* A burst that does not end is looked at all the same, and so is a file whose end of writing we have missed. */
enum { QUIETS_MAX = 10, EVENTS_SIZE = 4096 };
static const uint64_t UNFINISHED_NS = 5000000000;

struct unfinished {
    char name[NAME_MAX + 1];
    uint64_t since;
};

static void unfinished_end(struct watch *w, const char *name) {
    for (size_t i = 0; i < w->unfinished_count; i++) {
        if (strcmp(w->unfinished[i].name, name) == 0) {
            w->unfinished[i] = w->unfinished[--w->unfinished_count];
            return;
        }
    }
}

static void unfinished_begin(struct watch *w, const char *name) {
    unfinished_end(w, name);
    struct unfinished *grown = reallocarray(w->unfinished, w->unfinished_count + 1, sizeof(*grown));
    if (grown) {
        w->unfinished = grown;
        struct unfinished *u = &grown[w->unfinished_count++];
        strncpy(u->name, name, NAME_MAX);
        u->name[NAME_MAX] = '\0';
        u->since = w->loop->now;
    }
}

/* A new name is a file that is being written, unless it is a link to one that is there. */
static bool is_link(const struct watch *w, const char *name) {
    char path[PATH_MAX];
    struct stat st;
    int length = snprintf(path, sizeof(path), "%s/%s", w->folder, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return true;
    }
    return lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1;
}

static void changed(struct watch *w) {
    w->last = w->loop->now;
    w->first = w->first ? w->first : w->last;
}

static void event_take(struct watch *w, const struct inotify_event *event) {
    if (event->mask & IN_Q_OVERFLOW) {
        w->unfinished_count = 0;
        changed(w);
    } else if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) {
        log_line(LOG_WARNING, "the plugin folder %s is gone: what has been loaded is served until a reload", w->folder);
    } else if (event->len > 0 && plugin_file(event->name)) {
        bool begins = event->mask & IN_MODIFY || (event->mask & IN_CREATE && !is_link(w, event->name));
        if (begins) {
            unfinished_begin(w, event->name);
        } else {
            unfinished_end(w, event->name);
            changed(w);
        }
    }
}

static void watch_ready(struct source *source, uint32_t events) {
    (void)events;
    struct watch *w = container_of(source, struct watch, source);
    _Alignas(struct inotify_event) char data[EVENTS_SIZE];
    for (;;) {
        ssize_t n = read(w->fd, data, sizeof(data));
        if (n <= 0) {
            return;
        }
        for (const char *at = data; at < data + n;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
            event_take(w, event);
            at += sizeof(*event) + event->len;
        }
    }
}

void watch_close(struct watch *w) {
    if (w->fd >= 0 && w->loop) {
        loop_forget(w->loop, w->fd);
    }
    fd_close(&w->fd);
    free(w->folder);
    free(w->unfinished);
    *w = (struct watch){.fd = -1};
}

static int watch_open(struct watch *w, struct loop *loop, const char *folder, uint32_t quiet_ms) {
    const uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_MODIFY |
                          IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    w->loop = loop;
    w->quiet = quiet_ms * NS_PER_MS;
    w->folder = strdup(folder);
    w->fd = w->folder ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1;
    if (w->fd < 0 || inotify_add_watch(w->fd, folder, mask) < 0) {
        int error = -errno;
        watch_close(w);
        return error;
    }
    w->source.ready = watch_ready;
    int error = loop_watch(loop, w->fd, &w->source, EPOLLIN);
    if (error) {
        watch_close(w);
    }
    return error;
}

void watch_configure(struct watch *w, struct loop *loop, const struct config *config) {
    watch_close(w);
    int error = config->watch ? watch_open(w, loop, config->plugin_folder, config->watch_quiet_ms) : 0;
    if (error) {
        log_line(LOG_WARNING, "changes in %s will not be noticed: %s", config->plugin_folder, reason_watch(-error));
    }
}

uint64_t watch_next(const struct watch *w) {
    if (w->last == 0) {
        return UINT64_MAX;
    }
    uint64_t latest = w->first + QUIETS_MAX * w->quiet;
    return w->last + w->quiet < latest ? w->last + w->quiet : latest;
}

bool watch_due(struct watch *w, uint64_t now) {
    if (watch_next(w) > now) {
        return false;
    }
    w->first = w->last = 0;
    return true;
}

const char *watch_unfinished_at(const struct watch *w, size_t index, uint64_t now) {
    const struct unfinished *u = &w->unfinished[index];
    return now < u->since + UNFINISHED_NS ? u->name : NULL;
}

bool watch_unfinished(const struct watch *w, const char *file, uint64_t now) {
    for (size_t i = 0; i < w->unfinished_count; i++) {
        if (strcmp(w->unfinished[i].name, file) == 0) {
            return watch_unfinished_at(w, i, now) != NULL;
        }
    }
    return false;
}
