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
enum { QUIETS_MAX = 10, EVENTS_SIZE = 4096, READS_MAX = 16 };
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

static void name_event(struct watch *w, const char *name, uint32_t mask) {
    bool begins = mask & IN_MODIFY || (mask & IN_CREATE && !is_link(w, name));
    if (begins) {
        unfinished_begin(w, name);
        return;
    }
    if (!(mask & IN_ATTRIB)) { /* whoever writes it may set its mode before the end */
        unfinished_end(w, name);
    }
    changed(w);
}

static void mark_event(struct watch *w, const struct trail_mark *mark, const struct inotify_event *event) {
    const uint32_t itself = IN_MOVE_SELF | IN_DELETE_SELF;
    const char *name = event->len > 0 ? event->name : NULL;
    bool awaited = mark->kind == TRAIL_AWAIT && name && strcmp(name, mark->name) == 0;
    if (mark->kind == TRAIL_TARGET) {
        name_event(w, mark->name, event->mask);
    } else if (mark->kind == TRAIL_FOLDER && name && plugin_file(name)) {
        name_event(w, name, event->mask);
    } else if (awaited || (!name && event->mask & (itself | IN_ATTRIB))) {
        changed(w);
    }
}

/* What comes before the walk that watches it has been taken is of no mark yet: it counts. */
static void event_take(struct watch *w, const struct inotify_event *event) {
    bool known = event->mask & IN_IGNORED; /* the end of a watch: of that there was another event, or it was we */
    if (event->mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) {
        w->unfinished_count = 0;
        changed(w);
        return;
    }
    for (size_t i = 0; i < w->trail.count && !(event->mask & IN_IGNORED); i++) {
        if (w->trail.marks[i].wd == event->wd) {
            mark_event(w, &w->trail.marks[i], event);
            known = true;
        }
    }
    if (!known) {
        changed(w);
    }
}

static void watch_ready(struct source *source, uint32_t events) {
    (void)events;
    struct watch *w = container_of(source, struct watch, source);
    _Alignas(struct inotify_event) char data[EVENTS_SIZE];
    for (int i = 0; i < READS_MAX; i++) { /* the rest has its turn */
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
    trail_free(&w->trail);
    free(w->folder);
    free(w->unfinished);
    *w = (struct watch){.fd = -1};
}

static int watch_open(struct watch *w, struct loop *loop, const struct config *config) {
    w->loop = loop;
    w->quiet = config->watch_quiet_ms * NS_PER_MS;
    w->poll = config->watch_poll_ms;
    w->folder = strdup(config->plugin_folder);
    w->fd = w->folder ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1;
    w->source.ready = watch_ready;
    int error = w->fd < 0 ? -errno : loop_watch(loop, w->fd, &w->source, EPOLLIN);
    if (error) {
        fd_close(&w->fd);
    }
    return error;
}

/* What is not seen at once is found by the slow look. */
static void lack_tell(const struct watch *w, int error) {
    if (w->poll > 0) {
        log_line(LOG_WARNING, "changes in %s may be noticed only within %u ms: %s", w->folder ? w->folder : "", w->poll,
                 reason_watch(-error));
    } else {
        log_line(LOG_WARNING, "changes in %s may not be noticed: %s", w->folder ? w->folder : "", reason_watch(-error));
    }
}

void watch_configure(struct watch *w, struct loop *loop, const struct config *config) {
    watch_close(w);
    int error = config->watch ? watch_open(w, loop, config) : 0;
    if (error) {
        lack_tell(w, error);
    }
}

void watch_take(struct watch *w, struct trail *trail) {
    if (w->fd < 0) {
        return;
    }
    if (trail->error && trail->error != w->trail.error) {
        lack_tell(w, trail->error);
    }
    trail_leave(w->fd, &w->trail, trail);
    trail_free(&w->trail);
    w->trail = *trail;
    *trail = (struct trail){0};
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
