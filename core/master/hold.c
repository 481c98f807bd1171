/* Which connections' descriptors workers keep. */
#include "master/hold.h"

#include "master/connection.h"
#include "master/exchange.h"
#include "master/generation.h"
#include "master/server.h"
#include "wire/call.h"

/* Half of its files are the plugins'. */
uint32_t holds_allowed(uint32_t wanted, uint32_t files) {
    return files > 0 && files / 2 < wanted ? files / 2 : wanted;
}

/* A connection's place in a worker's table; HANDLE_NONE: the worker has no table. */
static uint32_t handle_of(const struct worker *w, const struct connection *c) {
    return w->hold_count > 0 ? (uint32_t)(c->number % w->hold_count) : HANDLE_NONE;
}

bool hold_plan(struct worker *w, struct exchange *x, struct mailbox_slot *slot) {
    struct connection *c = x->connection;
    slot->handle = x->job.handle = HANDLE_NONE;
    x->job.brings = false;
    uint32_t handle = handle_of(w, c);
    if (handle == HANDLE_NONE || x->body.fd >= 0) {
        return true;
    }
    struct hold *hold = &w->holds[handle];
    bool kept = hold->number == c->number;
    if (hold->busy || (!kept && c->requests < 2)) {
        return true;
    }
    if (!kept && hold->number && hold->used) {
        hold->used = false;
        return true;
    }
    *hold = (struct hold){.number = c->number, .busy = true, .used = kept};
    slot->handle = x->job.handle = handle;
    x->job.brings = !kept;
    c->sticky = true;
    return !kept;
}

void hold_settle(struct worker *w, struct job *job) {
    if (job->handle != HANDLE_NONE) {
        w->holds[job->handle].busy = false;
        job->handle = HANDLE_NONE;
    }
}

static void hold_drop(struct worker *w, uint32_t handle) {
    w->holds[handle] = (struct hold){0};
    forgets_add(&w->ties.box.shared->forgets, handle);
    call_ring(&w->ties.box.shared->call);
}

void hold_lose(struct worker *w, struct job *job) {
    if (job->handle != HANDLE_NONE && job->brings) {
        hold_drop(w, job->handle); /* whatever is still kept there belongs to nobody */
    }
    hold_settle(w, job);
}

void holds_forget(struct server *server, const struct connection *c) {
    for (struct list *at = c->sticky ? server->generations.next : &server->generations; at != &server->generations;
         at = at->next) {
        const struct list *workers = &container_of(at, struct generation, link)->workers;
        for (struct list *of = workers->next; of != workers; of = of->next) {
            struct worker *w = container_of(of, struct worker, link);
            uint32_t handle = handle_of(w, c);
            if (handle != HANDLE_NONE && w->holds[handle].number == c->number) {
                hold_drop(w, handle);
            }
        }
    }
}
