/* Gathering of plugin files, in a thread. */
#include "generation/gather.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "generation/store.h"
#include "wire/rules.h"

struct gather {
    pthread_t thread;
    char *plugins, *editions;
    struct known *known;
    size_t known_count;
    uint64_t young_ns;
    int watch; /* a descriptor of our own, for the watch may be closed meanwhile; -1: none */
    int done;
    int error;
    struct gathered *files;
    size_t count;
    struct trail trail;
};

/* Numbers copies; only one gathering runs at a time. */
static uint64_t serial;

static const struct known *known_find(const struct gather *g, const char *file) {
    for (size_t i = 0; i < g->known_count; i++) {
        if (strcmp(g->known[i].file, file) == 0) {
            return &g->known[i];
        }
    }
    return NULL;
}

static ssize_t read_whole(int fd, char *to, size_t size) {
    size_t length = 0;
    for (ssize_t n = 1; n != 0 && length<size; length += n> 0 ? (size_t)n : 0) {
        n = read(fd, to + length, size - length);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
    }
    return (ssize_t)length;
}

/* Whether both hold the same; false, too, if either cannot be read. The place in `file` is where it was. */
static bool same_bytes(int file, const char *copy) {
    enum { STEP = 1 << 14 };
    char a[STEP];
    char b[STEP];
    int fd = open(copy, O_RDONLY | O_CLOEXEC);
    bool same = fd >= 0;
    for (ssize_t n = 1; same && n > 0;) {
        n = read_whole(file, a, STEP);
        same = n >= 0 && read_whole(fd, b, STEP) == n && memcmp(a, b, (size_t)n) == 0;
    }
    fd_close(&fd);
    return lseek(file, 0, SEEK_SET) == 0 && same;
}

/* A change of mode, of owner or of the number of links makes no other file of it. *lost: it is the same but for its
 * copy, which somebody has removed. */
static bool is_as_known(const struct known *known, const struct identity *identity, int file, bool *lost) {
    bool alike = known && known->copy && identity_alike(&known->identity, identity);
    *lost = alike && access(known->copy, F_OK) < 0;
    if (!alike || *lost) {
        return false;
    }
    bool certain = identity_equal(&known->identity, identity) && !known->identity.vague;
    return certain || same_bytes(file, known->copy);
}

/* Written so lately that it may be half a file. A time to come is another machine's. */
static bool is_young(const struct gather *g, const struct stat *st, const struct timespec *now) {
    int64_t age =
        (int64_t)(now->tv_sec - st->st_mtim.tv_sec) * INT64_C(1000000000) + now->tv_nsec - st->st_mtim.tv_nsec;
    return age >= 0 && (uint64_t)age < g->young_ns;
}

static struct timespec time_now(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

static int copy_make(struct gather *g, int from, struct gathered *out) {
    struct stat after;
    if (asprintf(&out->copy, "%s/%llu.so", g->editions, (unsigned long long)++serial) < 0) {
        out->copy = NULL;
        return -ENOMEM;
    }
    int error = copy_to(from, out->copy);
    if (!error && fstat(from, &after) < 0) {
        error = -errno;
    }
    if (!error) {
        const struct timespec now = time_now();
        struct identity then = identity_of(&after, &now);
        out->changing = !identity_equal(&out->identity, &then);
        out->identity.vague = then.vague;
    }
    if (error || out->changing) {
        unlink(out->copy);
        free(out->copy);
        out->copy = NULL;
    } else {
        (void)said_read(out->copy, &out->said); /* what is no plugin says nothing, and is refused by who loads it */
    }
    return error;
}

/* One look at a file; -EAGAIN: another took its place, or it was written, while we copied. */
static int file_look_once(struct gather *g, int folder, const char *name, struct gathered *out) {
    int from = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (from < 0) {
        return -errno;
    }
    int error = fstat(from, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    if (!error) {
        const struct timespec now = time_now();
        const struct known *known = known_find(g, name);
        bool unfinished = known && known->unfinished;
        out->identity = identity_of(&st, &now);
        out->changing = unfinished;
        bool news = !unfinished && !is_as_known(known, &out->identity, from, &out->lost);
        if (news && is_young(g, &st, &now)) {
            out->changing = true;
        } else if (news) {
            error = copy_make(g, from, out);
            error = !error && out->changing ? -EAGAIN : error;
        }
    }
    fd_close(&from);
    return error;
}

/* A file that changes all the time is left alone for now. */
static int file_look(struct gather *g, int folder, const char *name, struct gathered *out) {
    enum { LOOKS = 5 };
    int error = -EAGAIN;
    for (int i = 0; i < LOOKS && error == -EAGAIN; i++) {
        error = file_look_once(g, folder, name, out);
    }
    return error == -EAGAIN ? 0 : error;
}

static int file_add(struct gather *g, int folder, const char *name) {
    struct gathered *grown = reallocarray(g->files, g->count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    g->files = grown;
    struct gathered *file = &grown[g->count];
    *file = (struct gathered){.file = strdup(name)};
    if (!file->file) {
        return -ENOMEM;
    }
    g->count++;
    file->error = rules_file(name) ? file_look(g, folder, name, file) : -EILSEQ; /* no worker may tell of it */
    if (file->error == -ENOENT) { /* it was removed meanwhile, or is a link to nothing */
        free(file->file);
        g->count--;
    }
    return 0;
}

static int folder_look(struct gather *g) {
    DIR *folder = opendir(g->plugins);
    if (!folder) {
        return -errno;
    }
    int error = 0;
    for (struct dirent *entry = readdir(folder); entry && !error; entry = readdir(folder)) {
        if (plugin_file(entry->d_name)) {
            error = file_add(g, dirfd(folder), entry->d_name);
        }
    }
    closedir(folder);
    return error;
}

static void *gather_run(void *argument) {
    struct gather *g = argument;
    const uint64_t one = 1;
    if (g->watch >= 0) {
        trail_walk(g->watch, g->plugins, &g->trail);
    }
    g->error = folder_look(g);
    ssize_t rung = write(g->done, &one, sizeof(one));
    (void)rung; /* it fails only when the counter is full: then it has been rung */
    return NULL;
}

static int known_copy(struct gather *g, const struct gather_plan *plan) {
    const struct known *known = plan->known;
    size_t count = plan->count;
    g->known = calloc(count + 1, sizeof(*g->known));
    if (!g->known) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        struct known *k = &g->known[g->known_count++];
        *k = known[i];
        k->file = strdup(known[i].file);
        k->copy = known[i].copy ? strdup(known[i].copy) : NULL;
        if (!k->file || (known[i].copy && !k->copy)) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* Const to its readers, ours to free. */
static void text_free(const char *const *text) {
    char *mine;
    memcpy(&mine, text, sizeof(mine));
    free(mine);
}

void gather_free(struct gather *g) {
    for (size_t i = 0; i < g->known_count; i++) {
        text_free(&g->known[i].file);
        text_free(&g->known[i].copy);
    }
    for (size_t i = 0; i < g->count; i++) {
        if (g->files[i].copy) {
            unlink(g->files[i].copy);
        }
        said_free(&g->files[i].said);
        free(g->files[i].copy);
        free(g->files[i].file);
    }
    trail_free(&g->trail);
    fd_close(&g->watch);
    free(g->files);
    free(g->known);
    free(g->plugins);
    free(g->editions);
    free(g);
}

struct gather *gather_begin(const struct gather_plan *plan) {
    struct gather *g = calloc(1, sizeof(*g));
    if (!g) {
        return NULL;
    }
    g->done = plan->done;
    g->young_ns = plan->young_ns;
    g->watch = plan->watch < 0 ? -1 : fcntl(plan->watch, F_DUPFD_CLOEXEC, 0);
    g->plugins = strdup(plan->plugins);
    g->editions = strdup(plan->editions);
    int error = g->plugins && g->editions ? known_copy(g, plan) : -ENOMEM;
    if (!error) {
        error = -pthread_create(&g->thread, NULL, gather_run, g);
    }
    if (error) {
        gather_free(g);
        errno = -error;
        return NULL;
    }
    return g;
}

void gather_leave(struct gather *g) {
    static struct gather *volatile left; /* known to who looks for what nobody has, also when its thread has ended */
    left = g;
    (void)pthread_detach(left->thread);
}

struct trail *gather_trail(struct gather *g) {
    return &g->trail;
}

int gather_end(struct gather *g, struct gathered **files, size_t *count) {
    pthread_join(g->thread, NULL);
    *files = g->files;
    *count = g->count;
    return g->error;
}
