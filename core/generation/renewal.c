/* Renewal: from a change to a trial. */
#include "generation/renewal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/config.h"
#include "generation/catalog.h"
#include "generation/fallback.h"
#include "generation/gather.h"
#include "generation/generation.h"
#include "generation/generations.h"
#include "generation/trial.h"
#include "pool/lifecycle.h"

/* More than so many old generations, each with a worker that does not end, and the next change waits for one of them.
 */
enum { RETIRING_MAX = 16 };

/* In the end a gathering is waited for so long. */
enum { LEAVE_MS = 800 };

static const uint64_t LOOK_AGAIN_NS = 100 * NS_PER_MS;

/* Where nothing tells when a file is whole, it is when nobody has written to it for so long. */
static const uint64_t YOUNG_NS = NS_PER_SECOND;

/* ---- Wanting ---- */

void renewal_want(struct renewal *r, struct config *config) {
    r->wanted = true;
    if (config) {
        config_drop(r->next);
        r->next = config;
    }
}

/* What is wanted is only a matter of time. */
static bool may_begin(const struct generations *all) {
    const struct renewal *r = &all->renewal;
    return r->wanted && !r->gather && !r->trial && !r->settled && generations_retiring(all) < RETIRING_MAX;
}

/* ---- Gathering ---- */

/* What is known of the files, and which are being written; the caller's. NULL: no memory. */
static struct known *known_list(const struct generations *all, size_t *count) {
    const struct watch *watch = &all->renewal.watch;
    const struct list *catalog = &all->catalog;
    size_t most = watch->unfinished_count + 1;
    for (struct list *at = catalog->next; at != catalog; at = at->next) {
        most++;
    }
    struct known *known = calloc(most, sizeof(*known));
    *count = 0;
    for (struct list *at = catalog->next; known && at != catalog; at = at->next) {
        const struct entry *e = container_of(at, struct entry, link);
        if (e->latest && !watch_unfinished(watch, e->file, all->loop->now)) {
            known[(*count)++] =
                (struct known){.file = e->file, .identity = e->latest->identity, .copy = e->latest->path};
        }
    }
    for (size_t i = 0; known && i < watch->unfinished_count; i++) {
        const char *file = watch_unfinished_at(watch, i, all->loop->now);
        if (file) {
            known[(*count)++] = (struct known){.file = file, .unfinished = true};
        }
    }
    return known;
}

static void gather_start(struct generations *all) {
    struct renewal *r = &all->renewal;
    size_t count;
    struct known *known = known_list(all, &count);
    if (r->next) {
        config_drop(r->trying);
        r->trying = r->next;
        r->next = NULL;
        r->changed = r->forced = true;
        r->polled = false;
    }
    r->wanted = false;
    r->number++;
    int lack = known ? store_mend(&all->store) : -ENOMEM;
    const struct gather_plan plan = {.plugins = r->trying->plugin_folder,
                                     .editions = all->store.editions,
                                     .known = known,
                                     .count = count,
                                     .watch = r->watch.fd,
                                     .young_ns = r->polled ? YOUNG_NS : 0,
                                     .done = r->done};
    errno = -lack;
    r->gather = lack ? NULL : gather_begin(&plan);
    free(known);
    if (!r->gather) {
        log_line(LOG_ERROR, "the plugin folder cannot be looked through: %s", strerror(errno));
        trial_failed(all);
    }
}

/* No time makes a plugin of what is no regular file, or of such a name. */
static bool is_final(int error) {
    return error == -EINVAL || error == -EILSEQ;
}

/* What has become of one file; true: it is another than before. */
static bool file_take(struct generations *all, struct gathered *file) {
    struct entry *entry = catalog_find(&all->catalog, file->file, true);
    if (!entry) {
        return false;
    }
    bool appeared = !entry->present && entry->latest;
    entry->present = entry->latest || file->copy || file->error; /* else it is being written for the first time */
    bool told = file->error == entry->error && !all->renewal.forced;
    bool lacks = file->error && !is_final(file->error) && all->renewal.trying->watch;
    entry->error = file->error;
    all->renewal.look = lacks ? 0 : all->renewal.look;
    if (file->error && !told) {
        log_line(LOG_ERROR, "plugin %s is not %s: it cannot be copied: %s%s", file->file,
                 entry->good ? "replaced, its last version goes on" : "served", strerror(-file->error),
                 lacks ? "; it is tried again and again" : "");
    }
    if (file->error) {
        return false;
    }
    all->renewal.wanted |= file->changing;
    if (!file->copy) {
        if (entry->latest && !file->changing) {
            entry->latest->identity = file->identity; /* its bytes are the same */
        }
        return appeared;
    }
    if (file->lost) {
        log_line(LOG_WARNING, "plugin %s: somebody has removed its copy: it is made anew", file->file);
    }
    struct edition *latest = edition_new(file->copy, &file->identity);
    file->copy = NULL;
    if (latest) {
        latest->said = file->said;
        file->said = (struct said){0};
        entry_renew(entry, latest, all->renewal.trying->development);
    }
    return latest != NULL;
}

/* True: the files are not what they were. */
static bool files_take(struct generations *all, struct gathered *files, size_t count) {
    struct list *catalog = &all->catalog;
    bool changed = false;
    for (size_t i = 0; i < count; i++) {
        changed |= file_take(all, &files[i]);
    }
    for (struct list *at = catalog->next; at != catalog; at = at->next) {
        struct entry *e = container_of(at, struct entry, link);
        bool there = false;
        for (size_t i = 0; i < count && !there; i++) {
            there = strcmp(files[i].file, e->file) == 0;
        }
        changed |= e->present && !there;
        e->present &= there;
    }
    return changed;
}

/* What has been loaded is served on, as it was configured. */
static void gather_failed(struct generations *all, int error) {
    struct renewal *r = &all->renewal;
    if (r->lost != error || r->forced) {
        log_line(LOG_ERROR, "the plugin folder %s cannot be read: %s%s", r->trying->plugin_folder, strerror(-error),
                 all->serving ? "; what has been loaded is served" : "");
    }
    r->lost = error;
    if (!all->serving) {
        trial_failed(all);
    } else if (r->trying != all->serving->config) {
        revert_note(all, "the plugin folder cannot be read");
        revert(all);
    }
}

static void gather_done(struct source *source, uint32_t events) {
    (void)events;
    struct generations *all =
        container_of(container_of(source, struct renewal, done_source), struct generations, renewal);
    struct renewal *r = &all->renewal;
    uint64_t rung;
    if (read(r->done, &rung, sizeof(rung)) < 0 || !r->gather) {
        return;
    }
    struct gathered *files;
    size_t count;
    int error = gather_end(r->gather, &files, &count);
    r->look = UINT64_MAX;
    bool changed = error || r->settled ? false : files_take(all, files, count);
    r->looks = r->look == UINT64_MAX ? 0 : r->looks + 1;
    r->look = r->looks > 0 ? all->loop->now + worker_backoff_ms(r->looks) * NS_PER_MS : UINT64_MAX;
    r->poll = r->watch.poll > 0 ? all->loop->now + r->watch.poll * NS_PER_MS : UINT64_MAX;
    watch_take(&r->watch, gather_trail(r->gather));
    gather_free(r->gather);
    r->gather = NULL;
    if (r->settled) {
        return;
    }
    if (error) {
        gather_failed(all, error);
        return;
    }
    if (r->lost) {
        log_line(LOG_NOTICE, "the plugin folder %s can be read again", r->trying->plugin_folder);
        r->lost = 0;
    }
    r->polled &= r->wanted;
    if (r->wanted) { /* a file was being written while we looked */
        r->not_before = all->loop->now + LOOK_AGAIN_NS;
    }
    if (changed || r->changed || !all->serving) {
        trial_begin(all);
    }
}

/* ---- What is lost ---- */

/* Not where it was noticed (generation/trial.c): in the midst of a pool's turn. */
static void vanished_turn(struct generations *all) {
    struct renewal *r = &all->renewal;
    if (r->vanished) {
        r->vanished = false;
        r->changed = true;
        if (r->trial) {
            trial_discard(all);
            trial_failed(all);
        }
        renewal_want(r, NULL);
    }
}

/* ---- The whole ---- */

/* The first one is told of when all of its workers are there. */
static void start_announce(struct generations *all) {
    const struct generation *g = all->serving;
    size_t served = generation_served(g);
    uint32_t workers = generation_workers(g);
    all->renewal.announced = true;
    log_line(served ? LOG_NOTICE : LOG_WARNING, "ready: %u worker%s, %zu plugin%s of %s", workers,
             workers == 1 ? "" : "s", served, served == 1 ? "" : "s", g->config->plugin_folder);
}

int renewal_open(struct generations *all, struct config *config) {
    struct renewal *r = &all->renewal;
    r->done_source.ready = gather_done;
    r->wanted = r->changed = true;
    r->look = r->poll = UINT64_MAX;
    r->trying = config_hold(config);
    r->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    watch_configure(&r->watch, all->loop, config);
    return r->done < 0 ? -errno : loop_watch(all->loop, r->done, &r->done_source, EPOLLIN);
}

void renewal_turn(struct generations *all) {
    struct renewal *r = &all->renewal;
    if (!r->announced && all->serving && generation_full(all->serving)) {
        start_announce(all);
    }
    vanished_turn(all);
    if (watch_due(&r->watch, all->loop->now) || all->loop->now >= r->look) {
        r->look = UINT64_MAX;
        r->polled = false;
        renewal_want(r, NULL);
    }
    if (all->loop->now >= r->poll) {
        r->poll = UINT64_MAX;
        r->polled = !r->wanted;
        renewal_want(r, NULL);
    }
    if (may_begin(all) && all->loop->now >= r->not_before) {
        gather_start(all);
    }
}

uint64_t renewal_next(const struct generations *all) {
    const struct renewal *r = &all->renewal;
    if (r->vanished) {
        return all->loop->now;
    }
    uint64_t next = r->look < watch_next(&r->watch) ? r->look : watch_next(&r->watch);
    next = r->poll < next ? r->poll : next;
    return may_begin(all) && r->not_before < next ? r->not_before : next;
}

void renewal_settle(struct generations *all) {
    struct renewal *r = &all->renewal;
    if (r->trial) {
        trial_discard(all);
    }
    watch_close(&r->watch);
    r->wanted = false;
    r->look = r->poll = UINT64_MAX;
    r->settled = true;
}

void renewal_close(struct generations *all) {
    struct renewal *r = &all->renewal;
    struct gathered *files;
    size_t count;
    struct pollfd done = {.fd = r->done, .events = POLLIN};
    if (r->gather && poll(&done, 1, LEAVE_MS) <= 0) {
        log_line(LOG_WARNING, "the file system of the plugin folder %s answers nobody: it is not waited for",
                 r->trying->plugin_folder);
        gather_leave(r->gather); /* it has the descriptors */
        if (r->watch.fd >= 0) {
            loop_forget(all->loop, r->watch.fd);
            r->watch.fd = -1;
        }
    } else {
        if (r->gather) {
            (void)gather_end(r->gather, &files, &count);
            gather_free(r->gather);
        }
        fd_close(&r->done);
    }
    watch_close(&r->watch);
    config_drop(r->next);
    config_drop(r->trying);
    free(r->fault);
}
