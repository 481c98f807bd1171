/* Who has guessed wrongly. */
#include "guesses.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 512, PLACES = 8, FORGET_SECONDS = 15 * 60, WAIT_MOST = 60, COUNT_MOST = 1000 };

/* Each is read and written at once; two workers at the same one may lose a count, which makes no difference. */
struct place {
    _Atomic uint64_t key;   /* 0: free */
    _Atomic uint64_t state; /* the second of the last one << 16 | how many */
};

struct table {
    _Atomic uint64_t salt; /* 0: not made yet */
    struct place places[ROWS][PLACES];
};

struct guesses {
    struct table *table;
};

/* ---- The table ---- */

/* Nobody outside can know which names meet in one row. */
static void table_begin(struct table *t) {
    uint64_t salt = 0;
    while (salt == 0 && getrandom(&salt, sizeof(salt), 0) != (ssize_t)sizeof(salt)) {
    }
    atomic_store(&t->salt, salt ? salt : 1);
}

static bool file_ours(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0 &&
           (st.st_size == 0 || st.st_size == (off_t)sizeof(struct table));
}

static struct table *table_map(int fd) {
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *at = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, flags, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* One worker makes it, the others wait for that moment. */
static struct table *file_map(int fd) {
    struct table *t = NULL;
    if (flock(fd, LOCK_EX) < 0) {
        return NULL;
    }
    if (!file_ours(fd)) {
        errno = EPERM;
    } else if (ftruncate(fd, sizeof(struct table)) == 0) {
        t = table_map(fd);
    }
    if (t && atomic_load(&t->salt) == 0) {
        table_begin(t);
    }
    int error = errno;
    (void)flock(fd, LOCK_UN);
    errno = error;
    return t;
}

struct guesses *guesses_open(const char *path) {
    struct guesses *g = calloc(1, sizeof(*g));
    int fd = g && path ? open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600) : -1;
    if (g && (!path || fd >= 0)) {
        g->table = path ? file_map(fd) : table_map(-1);
    }
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (g && !g->table) {
        free(g);
        g = NULL;
    }
    if (g && !path) {
        table_begin(g->table);
    }
    errno = error;
    return g;
}

void guesses_close(struct guesses *g) {
    if (g) {
        munmap(g->table, sizeof(*g->table));
        free(g);
    }
}

/* ---- One key ---- */

/* What is counted together, and how many are for nothing. */
static const struct kind {
    bool name, address;
    uint32_t free;
} kinds[] = {{true, true, 5}, {false, true, 20}, {true, false, 50}};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static uint64_t mix(uint64_t hash, const char *text) {
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 1099511628211u; /* FNV-1a */
    }
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    return hash ^ hash >> 33;
}

/* 0: it is of no such kind. */
static uint64_t key_of(const struct guesses *g, const struct kind *kind, const char *name, const char *address) {
    if ((kind->name && !*name) || (kind->address && !*address)) {
        return 0;
    }
    uint64_t hash = atomic_load(&g->table->salt) ^ (uint64_t)(kind - kinds + 1) * 0x9e3779b97f4a7c15u;
    hash = mix(hash, kind->name ? name : "");
    hash = mix(hash, kind->address ? address : "");
    return hash ? hash : 1;
}

static struct place *row_of(const struct guesses *g, uint64_t key) {
    return g->table->places[(key >> 32) % ROWS];
}

static struct place *place_find(const struct guesses *g, uint64_t key) {
    struct place *row = row_of(g, key);
    for (size_t i = 0; i < PLACES; i++) {
        if (key && atomic_load(&row[i].key) == key) {
            return &row[i];
        }
    }
    return NULL;
}

static uint32_t count_of(uint64_t state, int64_t now) {
    int64_t since = now - (int64_t)(state >> 16);
    return since < 0 || since > FORGET_SECONDS ? 0 : (uint32_t)(state & 0xffff);
}

/* Of its row the one that matters least: the fewest wrong ones, then the longest ago. */
static struct place *place_take(const struct guesses *g, uint64_t key, int64_t now) {
    struct place *row = row_of(g, key);
    struct place *least = &row[0];
    for (size_t i = 1; i < PLACES; i++) {
        uint64_t state = atomic_load(&row[i].state);
        uint64_t other = atomic_load(&least->state);
        uint32_t count = count_of(state, now);
        uint32_t lowest = count_of(other, now);
        if (count < lowest || (count == lowest && state < other)) {
            least = &row[i];
        }
    }
    atomic_store(&least->state, 0);
    atomic_store(&least->key, key);
    return least;
}

static uint32_t wait_of(uint64_t state, uint32_t free, int64_t now) {
    uint32_t count = count_of(state, now);
    if (count < free) {
        return 0;
    }
    uint32_t doubled = count - free;
    int64_t wait = doubled < 6 ? 1 << doubled : WAIT_MOST;
    int64_t left = (int64_t)(state >> 16) + wait - now;
    return left > 0 ? (uint32_t)left : 0;
}

/* ---- All of them ---- */

uint32_t guesses_wait(struct guesses *g, const char *name, const char *address, int64_t now) {
    uint32_t most = 0;
    for (size_t i = 0; i < KINDS; i++) {
        const struct place *place = place_find(g, key_of(g, &kinds[i], name, address));
        uint32_t wait = place ? wait_of(atomic_load(&place->state), kinds[i].free, now) : 0;
        most = wait > most ? wait : most;
    }
    return most;
}

void guesses_wrong(struct guesses *g, const char *name, const char *address, int64_t now) {
    for (size_t i = 0; i < KINDS; i++) {
        uint64_t key = key_of(g, &kinds[i], name, address);
        struct place *place = place_find(g, key);
        if (!place && key) {
            place = place_take(g, key, now);
        }
        if (place) {
            uint32_t count = count_of(atomic_load(&place->state), now);
            count += count < COUNT_MOST;
            atomic_store(&place->state, (uint64_t)now << 16 | count);
        }
    }
}

void guesses_right(struct guesses *g, const char *name, const char *address) {
    struct place *place = place_find(g, key_of(g, &kinds[0], name, address));
    if (place) {
        atomic_store(&place->state, 0);
    }
}
