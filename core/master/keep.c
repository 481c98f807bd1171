/* Keeping the requests of incidents. */
#include "master/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "master/connection.h"
#include "master/exchange.h"
#include "master/server.h"
#include "wire/saved.h"

enum { KEEPERS_MAX = 4, PACKED_MAX = 1 << 20, BODY_STEP = 1 << 20, NAME_SIZE = 64 };

/* The thread's own, until `done` is set. */
struct keeper {
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

static int body_copy(const struct keeper *k, int to) {
    off_t offset = 0;
    while ((uint64_t)offset < k->body_length) {
        ssize_t n = sendfile(to, k->body, &offset, BODY_STEP);
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

static void folder_thin(const struct keeper *k, int folder) {
    struct dirent **files;
    int count = scandirat(folder, ".", &files, is_request, NULL);
    if (count < 0) {
        return;
    }
    for (int more = count - (int)k->most; more > 0; more--) {
        oldest_remove(folder, files, count);
    }
    for (int i = 0; i < count; i++) {
        free(files[i]);
    }
    free(files);
}

static int file_write(const struct keeper *k, int folder) {
    int fd = openat(folder, k->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = fd < 0 ? -errno : fd_write_all(fd, k->head, k->head_length);
    error = error ? error : fd_write_all(fd, k->packed, k->packed_length);
    error = error || k->body < 0 ? error : body_copy(k, fd);
    if (error && fd >= 0) {
        unlinkat(folder, k->name, 0);
    }
    fd_close(&fd);
    return error;
}

static void *keeper_run(void *argument) {
    struct keeper *k = argument;
    int folder = open(k->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    k->error = folder < 0 ? -errno : file_write(k, folder);
    if (!k->error) {
        folder_thin(k, folder);
    }
    fd_close(&folder);
    atomic_store(&k->done, true);
    return NULL;
}

/* ---- In the master ---- */

static void keeper_free(struct keeper *k) {
    fd_close(&k->body);
    free(k->packed);
    free(k->folder);
    free(k);
}

/* As it was packed for the worker, but from our own memory, where the worker could not reach it. */
static int keeper_fill(struct keeper *k, struct exchange *x) {
    const struct config *config = x->connection->server->config;
    struct saved_head head = {.body = x->body.fd >= 0 ? x->body.length : 0};
    k->folder = strdup(config->incident_folder);
    k->packed = malloc(PACKED_MAX);
    if (!k->folder || !k->packed) {
        return -ENOMEM;
    }
    long packed = exchange_pack(x, k->packed, PACKED_MAX);
    if (packed < 0) {
        return (int)packed;
    }
    k->packed_length = head.length = (size_t)packed;
    snprintf(head.folder, sizeof(head.folder), "%s", config->plugin_folder);
    snprintf(head.file, sizeof(head.file), "%s", x->plugin->file);
    long length = saved_head_write(&head, k->head);
    if (length < 0) {
        return (int)length;
    }
    k->head_length = (size_t)length;
    k->body_length = head.body;
    k->body = x->body.fd >= 0 ? fcntl(x->body.fd, F_DUPFD_CLOEXEC, 0) : -1;
    return x->body.fd >= 0 && k->body < 0 ? -errno : 0;
}

void keep_begin(struct server *server, struct exchange *x, uint64_t id) {
    const struct config *config = server->config;
    if (!config->incident_folder[0] || server->keeper_count >= KEEPERS_MAX) {
        return;
    }
    struct keeper *k = calloc(1, sizeof(*k));
    if (!k) {
        return;
    }
    k->body = -1;
    k->most = config->incident_count;
    snprintf(k->name, sizeof(k->name), "%016" PRIx64 ".request", id);
    int error = keeper_fill(k, x);
    error = error ? error : -pthread_create(&k->thread, NULL, keeper_run, k);
    if (error) {
        log_line(LOG_WARNING, "incident %016" PRIx64 ": its request is not kept: %s", id, strerror(-error));
        keeper_free(k);
        return;
    }
    list_append(&server->keepers, &k->link);
    server->keeper_count++;
}

static void keeper_end(struct server *server, struct keeper *k) {
    pthread_join(k->thread, NULL);
    if (k->error) {
        log_line(LOG_WARNING, "%s/%s: the request is not kept: %s", k->folder, k->name, strerror(-k->error));
    } else {
        log_line(LOG_NOTICE, "kept: %s/%s; socgi replay runs it again", k->folder, k->name);
    }
    list_remove(&k->link);
    server->keeper_count--;
    keeper_free(k);
}

void keep_turn(struct server *server) {
    for (struct list *at = server->keepers.next, *next; at != &server->keepers; at = next) {
        struct keeper *k = container_of(at, struct keeper, link);
        next = at->next;
        if (atomic_load(&k->done)) {
            keeper_end(server, k);
        }
    }
}

void keep_close(struct server *server) {
    while (!list_empty(&server->keepers)) {
        keeper_end(server, container_of(server->keepers.next, struct keeper, link));
    }
}
