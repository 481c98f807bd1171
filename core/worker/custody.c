/* Descriptors that plugins must leave alone. */
#include "worker/custody.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"

/* As many numbers are to be left; and how often that is looked at while there is no rest. */
enum { RESERVE_MAX = 4, RESERVE_PART = 64, MESSAGES = 64 };

/* What a plugin has made of it before the first request is the plugin's business, as long as the number is taken. */
static void heritage_note(struct custody *c, int number) {
    struct stat st;
    if (fstat(number, &st) < 0) {
        log_line(LOG_WARNING, "a plugin has closed descriptor %d as it was loaded", number);
        (void)open("/dev/null", O_RDWR | O_CLOEXEC); /* the lowest number that is free is this one */
    }
    if (fstat(number, &st) == 0) {
        c->was[number].device = st.st_dev;
        c->was[number].inode = st.st_ino;
    }
}

/* How many are open, as a kernel from 6.2 on tells; else 0. */
static int64_t open_count(void) {
    struct stat st;
    return stat("/proc/self/fd", &st) == 0 ? (int64_t)st.st_size : 0;
}

int custody_begin(struct custody *c, const struct registry *registry) {
    *c = (struct custody){.registry = registry, .foreign = -1};
    for (int i = 0; i < HERITAGE_COUNT; i++) {
        heritage_note(c, i);
    }
    c->tallies = calloc(registry->count + 1, sizeof(*c->tallies));
    if (!c->tallies) {
        return -ENOMEM;
    }
    custody_count(c, open_count());
    return 0;
}

void custody_end(struct custody *c) {
    free(c->tallies);
    c->tallies = NULL;
}

/* ---- Who it may have been ---- */

void custody_run(struct custody *c, size_t plugin) {
    struct custody_tally *t = &c->tallies[plugin];
    t->runs++;
    if (!t->suspect) {
        t->suspect = true;
        if (c->suspect_count < CUSTODY_SUSPECTS) {
            c->suspects[c->suspect_count] = plugin;
        }
        c->suspect_count++;
    }
}

static void suspects_clear(struct custody *c) {
    if (c->suspect_count > CUSTODY_SUSPECTS) {
        for (size_t i = 0; i < c->registry->count; i++) {
            c->tallies[i].suspect = false;
        }
    }
    for (size_t i = 0; i < c->suspect_count && i < CUSTODY_SUSPECTS; i++) {
        c->tallies[c->suspects[i]].suspect = false;
    }
    c->suspect_count = 0;
}

/* Those that are nobody's doing yet are of who has run since the last time; of one of several nobody knows which. */
void custody_count(struct custody *c, int64_t open) {
    if (open <= 0) {
        return;
    }
    int64_t more = c->foreign < 0 ? 0 : open - c->kept - c->foreign;
    struct custody_tally *only = NULL;
    size_t several = 0;
    c->foreign = open - c->kept;
    for (size_t i = 0; i < c->registry->count; i++) {
        struct custody_tally *t = &c->tallies[i];
        if (t->runs != t->counted) {
            only = t;
            several++;
            t->counted = t->runs;
        }
    }
    if (several == 1) {
        only->left += more;
    } else {
        c->shared += more;
    }
}

/* ---- What is wrong ---- */

void custody_blame(struct custody *c, enum custody_fault fault, int number) {
    if (c->fault == CUSTODY_WHOLE) {
        c->fault = fault;
        c->number = number;
    }
}

static bool same(struct custody *c, int number) {
    struct stat st;
    if (fstat(number, &st) == 0 && st.st_dev == c->was[number].device && st.st_ino == c->was[number].inode) {
        return true;
    }
    custody_blame(c, CUSTODY_CLOSED, number);
    return false;
}

/* So few numbers are left that handlers, and we ourselves, would soon fail for want of one: the highest are taken. */
static bool numbers_left(struct custody *c) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT32_MAX) {
        return true;
    }
    int most = (int)limit.rlim_cur;
    int reserve = most / RESERVE_PART < RESERVE_MAX ? most / RESERVE_PART : RESERVE_MAX;
    int high = fcntl(HERITAGE_STDERR, F_DUPFD_CLOEXEC, most - 1 - reserve);
    if (high < 0 && errno == EMFILE) {
        custody_blame(c, CUSTODY_FULL, -1);
        return false;
    }
    fd_close(&high);
    return true;
}

bool custody_ready(struct custody *c) {
    return same(c, HERITAGE_STDOUT) && same(c, HERITAGE_STDERR);
}

bool custody_look(struct custody *c) {
    for (int i = 0; i < HERITAGE_COUNT; i++) {
        if (!same(c, i)) {
            return false;
        }
    }
    suspects_clear(c);
    custody_count(c, open_count());
    return numbers_left(c);
}

static bool held(const struct custody *c, int number) {
    return number < CUSTODY_NUMBERS && c->held[number / 64] >> number % 64 & 1;
}

bool custody_receive(struct custody *c, int number) {
    if (number < HERITAGE_COUNT || held(c, number)) {
        custody_blame(c, number < HERITAGE_COUNT ? CUSTODY_CLOSED : CUSTODY_CONNECTION, number);
        return false;
    }
    suspects_clear(c);
    return ++c->messages % MESSAGES != 0 || numbers_left(c);
}

/* ---- What is kept ---- */

void custody_keep(struct custody *c, int number) {
    c->kept++;
    if (number < CUSTODY_NUMBERS) {
        c->held[number / 64] |= UINT64_C(1) << number % 64;
    }
}

void custody_release(struct custody *c, int number) {
    if (number >= 0) {
        c->kept--;
        if (number < CUSTODY_NUMBERS) {
            c->held[number / 64] &= ~(UINT64_C(1) << number % 64);
        }
    }
}
