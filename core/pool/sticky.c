/* Whose descriptors workers keep. */
#include "pool/sticky.h"

#include <errno.h>
#include <stdlib.h>

#include "pool/job.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/worker.h"
#include "wire/call.h"

/* Half of its files are the plugins'. */
int sticky_open(struct worker *w, uint32_t wanted, uint32_t files) {
    w->place_count = files > 0 && files / 2 < wanted ? files / 2 : wanted;
    w->places = calloc(w->place_count + 1, sizeof(*w->places));
    return w->places ? 0 : -ENOMEM;
}

/* A connection's place in a worker's table; HANDLE_NONE: the worker has no table. */
static uint32_t handle_of(const struct worker *w, uint64_t connection) {
    return w->place_count > 0 ? (uint32_t)(connection % w->place_count) : HANDLE_NONE;
}

bool sticky_plan(struct worker *w, struct job *job, struct mailbox_slot *slot) {
    slot->handle = job->handle = HANDLE_NONE;
    job->brings = false;
    uint32_t handle = handle_of(w, job->connection);
    if (handle == HANDLE_NONE || job->body >= 0) {
        return true;
    }
    struct place *place = &w->places[handle];
    bool kept = place->number == job->connection;
    if (place->busy || (!kept && job->requests < 2)) {
        return true;
    }
    if (!kept && place->number && place->used) {
        place->used = false;
        return true;
    }
    *place = (struct place){.number = job->connection, .busy = true, .used = kept};
    slot->handle = job->handle = handle;
    job->brings = !kept;
    job->kept = true;
    return !kept;
}

void sticky_settle(struct worker *w, struct job *job) {
    if (job->handle != HANDLE_NONE) {
        w->places[job->handle].busy = false;
        job->handle = HANDLE_NONE;
    }
}

static void place_drop(struct worker *w, uint32_t handle) {
    w->places[handle] = (struct place){0};
    forgets_add(&w->ties.box.shared->forgets, handle);
    call_ring(&w->ties.box.shared->call);
}

void sticky_lose(struct worker *w, struct job *job) {
    if (job->handle != HANDLE_NONE && job->brings) {
        place_drop(w, job->handle); /* whatever is still kept there belongs to nobody */
    }
    sticky_settle(w, job);
}

static void worker_forget(struct worker *w, uint64_t connection) {
    uint32_t handle = handle_of(w, connection);
    if (handle != HANDLE_NONE && w->places[handle].number == connection) {
        place_drop(w, handle);
    }
}

void sticky_forget(struct pools *pools, uint64_t connection) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        const struct list *workers = &container_of(at, struct pool, link)->workers;
        for (struct list *of = workers->next; of != workers; of = of->next) {
            worker_forget(container_of(of, struct worker, link), connection);
        }
    }
}
