/* Saving the requests of incidents. */
#include "record/save.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "wire/saved.h"

enum { SAVES_MAX = 4, BODY_STEP = 1 << 20, NAME_SIZE = 64 };

/* The thread's own, until `done` is set. */
struct save {
    struct list link;
    pthread_t thread;
    atomic_bool done;
    int error;
    char *folder;
    char name[NAME_SIZE];
    uint32_t most;
    char head[SAVED_HEAD_MAX];
    size_t head_length;
    unsigned char *packed;
    size_t packed_length;
    int body; /* ours; -1: none */
    uint64_t body_length;
};

/* ---- In the thread ---- */

static int body_copy(const struct save *s, int to) {
    off_t offset = 0;
    while ((uint64_t)offset < s->body_length) {
        ssize_t n = fd_copy(to, s->body, &offset, BODY_STEP);
        if (n == 0) {
            return -EIO;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int is_request(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".request") == 0;
}

/* Removes the one that was written first. */
static void oldest_remove(int folder, struct dirent **files, int count) {
    struct stat st;
    struct timespec first = {0};
    int oldest = -1;
    for (int i = 0; i < count; i++) {
        if (files[i] && fstatat(folder, files[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            (oldest < 0 || st.st_mtim.tv_sec < first.tv_sec ||
             (st.st_mtim.tv_sec == first.tv_sec && st.st_mtim.tv_nsec < first.tv_nsec))) {
            oldest = i;
            first = st.st_mtim;
        }
    }
    if (oldest >= 0) {
        unlinkat(folder, files[oldest]->d_name, 0);
        free(files[oldest]);
        files[oldest] = NULL;
    }
}

static void folder_thin(const struct save *s, int folder) {
    struct dirent **files;
    int count = scandirat(folder, ".", &files, is_request, NULL);
    if (count < 0) {
        return;
    }
    for (int more = count - (int)s->most; more > 0; more--) {
        oldest_remove(folder, files, count);
    }
    for (int i = 0; i < count; i++) {
        free(files[i]);
    }
    free(files);
}

static int file_write(const struct save *s, int folder) {
    int fd = openat(folder, s->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = fd < 0 ? -errno : fd_write_all(fd, s->head, s->head_length);
    error = error ? error : fd_write_all(fd, s->packed, s->packed_length);
    error = error || s->body < 0 ? error : body_copy(s, fd);
    if (error && fd >= 0) {
        unlinkat(folder, s->name, 0);
    }
    fd_close(&fd);
    return error;
}

static void *save_run(void *argument) {
    struct save *s = argument;
    int folder = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    s->error = folder < 0 ? -errno : file_write(s, folder);
    if (!s->error) {
        folder_thin(s, folder);
    }
    fd_close(&folder);
    atomic_store(&s->done, true);
    return NULL;
}

/* ---- In the master ---- */

void saves_init(struct saves *all) {
    list_init(&all->running);
}

bool saves_room(const struct saves *all) {
    return all->count < SAVES_MAX;
}

static void save_free(struct save *s) {
    fd_close(&s->body);
    free(s->packed);
    free(s->folder);
    free(s);
}

static int save_fill(struct save *s, const struct save_request *r) {
    struct saved_head head = {.length = r->length, .body = r->body >= 0 ? r->body_length : 0};
    s->folder = strdup(r->folder);
    if (!s->folder || !s->packed) {
        return -ENOMEM;
    }
    snprintf(head.folder, sizeof(head.folder), "%s", r->plugin_folder);
    snprintf(head.file, sizeof(head.file), "%s", r->plugin_file);
    long length = saved_head_write(&head, s->head);
    if (length < 0) {
        return (int)length;
    }
    s->head_length = (size_t)length;
    s->body_length = head.body;
    s->body = r->body >= 0 ? fcntl(r->body, F_DUPFD_CLOEXEC, 0) : -1;
    return r->body >= 0 && s->body < 0 ? -errno : 0;
}

void save_begin(struct saves *all, const struct save_request *r) {
    struct save *s = calloc(1, sizeof(*s));
    if (!s) {
        free(r->packed);
        return;
    }
    s->packed = r->packed;
    s->packed_length = r->length;
    s->body = -1;
    s->most = r->most;
    snprintf(s->name, sizeof(s->name), "%016" PRIx64 ".request", r->id);
    int error = save_fill(s, r);
    error = error ? error : -pthread_create(&s->thread, NULL, save_run, s);
    if (error) {
        log_line(LOG_WARNING, "incident %016" PRIx64 ": its request is not kept: %s", r->id, reason_start(-error));
        save_free(s);
        return;
    }
    list_append(&all->running, &s->link);
    all->count++;
}

static void save_end(struct saves *all, struct save *s) {
    pthread_join(s->thread, NULL);
    if (s->error) {
        log_line(LOG_WARNING, "%s/%s: the request is not kept: %s", s->folder, s->name, strerror(-s->error));
    } else {
        log_line(LOG_NOTICE, "kept: %s/%s; socgi replay runs it again", s->folder, s->name);
    }
    list_remove(&s->link);
    all->count--;
    save_free(s);
}

void saves_turn(struct saves *all) {
    for (struct list *at = all->running.next, *next; at != &all->running; at = next) {
        struct save *s = container_of(at, struct save, link);
        next = at->next;
        if (atomic_load(&s->done)) {
            save_end(all, s);
        }
    }
}

void saves_close(struct saves *all) {
    while (!list_empty(&all->running)) {
        save_end(all, container_of(all->running.next, struct save, link));
    }
}
