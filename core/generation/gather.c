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
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/fd.h"
#include "generation/store.h"
#include "wire/rules.h"

struct gather {
    pthread_t thread;
    char *plugins, *editions;
    struct known *known;
    size_t known_count;
    int done;
    int error;
    struct gathered *files;
    size_t count;
};

/* Numbers copies; only one gathering runs at a time. */
static uint64_t serial;

static int copy_bytes(int from, int to) {
    enum { STEP = 1 << 30 };
    for (;;) {
        ssize_t n = sendfile(to, from, NULL, STEP);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
    }
}

static int copy_to(int from, const char *path) {
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0555);
    int error = to < 0 ? -errno : copy_bytes(from, to);
    if (!error && fchmod(to, 0555) < 0) { /* whatever the umask: workers may be another user's */
        error = -errno;
    }
    fd_close(&to);
    return error;
}

static const struct known *known_find(const struct gather *g, const char *file) {
    for (size_t i = 0; i < g->known_count; i++) {
        if (strcmp(g->known[i].file, file) == 0) {
            return &g->known[i];
        }
    }
    return NULL;
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
        struct identity then = identity_of(&after);
        out->changing = !identity_equal(&out->identity, &then);
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
        const struct known *known = known_find(g, name);
        bool unfinished = known && known->unfinished;
        out->identity = identity_of(&st);
        out->changing = unfinished;
        if (!unfinished && !(known && identity_equal(&known->identity, &out->identity))) {
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
    g->error = folder_look(g);
    ssize_t rung = write(g->done, &one, sizeof(one));
    (void)rung; /* it fails only when the counter is full: then it has been rung */
    return NULL;
}

static int known_copy(struct gather *g, const struct known *known, size_t count) {
    g->known = calloc(count + 1, sizeof(*g->known));
    if (!g->known) {
        return -ENOMEM;
    }
    for (; g->known_count < count; g->known_count++) {
        char *file = strdup(known[g->known_count].file);
        if (!file) {
            return -ENOMEM;
        }
        g->known[g->known_count] = known[g->known_count];
        g->known[g->known_count].file = file;
    }
    return 0;
}

void gather_free(struct gather *g) {
    for (size_t i = 0; i < g->known_count; i++) {
        char *file;
        memcpy(&file, &g->known[i].file, sizeof(file)); /* const to its readers, ours to free */
        free(file);
    }
    for (size_t i = 0; i < g->count; i++) {
        if (g->files[i].copy) {
            unlink(g->files[i].copy);
        }
        said_free(&g->files[i].said);
        free(g->files[i].copy);
        free(g->files[i].file);
    }
    free(g->files);
    free(g->known);
    free(g->plugins);
    free(g->editions);
    free(g);
}

struct gather *gather_begin(const char *plugins, const char *editions, const struct known *known, size_t count,
                            int done) {
    struct gather *g = calloc(1, sizeof(*g));
    if (!g) {
        return NULL;
    }
    g->done = done;
    g->plugins = strdup(plugins);
    g->editions = strdup(editions);
    int error = g->plugins && g->editions ? known_copy(g, known, count) : -ENOMEM;
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

int gather_end(struct gather *g, struct gathered **files, size_t *count) {
    pthread_join(g->thread, NULL);
    *files = g->files;
    *count = g->count;
    return g->error;
}
