/* The dispatcher: what becomes of requests when a worker ends or a generation changes. */
#include "base/clock.h"
#include "master/dispatch.h"

#include <stdatomic.h>

#include "base/log.h"
#include "master/account.h"
#include "master/connection.h"
#include "master/desk.h"
#include "master/exchange.h"
#include "master/generation.h"
#include "master/incident.h"
#include "master/keep.h"
#include "master/server.h"

/* ---- Workers ---- */

static void waiting_return(struct worker *w) {
    struct server *server = worker_server(w);
    struct list taken;
    list_init(&taken);
    for (struct list *at = w->desk.jobs.prev, *before; at != &w->desk.jobs && at != w->desk.jobs.next; at = before) {
        struct job *job = job_at(at);
        before = at->prev;
        if (desk_reclaim(w, job)) { /* else it has just been begun; what waits behind it need not */
            list_prepend(&taken, &job->link);
        }
    }
    while (!list_empty(&taken)) { /* the youngest first, so that the queue keeps their order */
        struct job *job = job_at(taken.prev);
        list_remove(&job->link);
        job_return(server, job);
    }
}

/* What it has finished counts, and may be all. What it has not begun goes to others: nothing else can begin before it
 * is killed, and be taken for the one that took too long. A worker that was stopped may have begun nothing. */
void dispatch_worker_overdue(struct worker *w) {
    dispatch_worker_collect(w);
    if (w->deadline <= worker_server(w)->loop.now) {
        waiting_return(w);
    }
}

void dispatch_worker_retires(struct worker *w) {
    waiting_return(w);
    struct job *head = desk_head(w);
    if (head && desk_reclaim(w, head)) {
        job_return(worker_server(w), head);
    }
}

/* A crash of a plugin that has crashed often: what waits for it would crash, too. */
static void quarantine_begin(struct server *server, struct account *account) {
    struct generation *g = server->generation;
    log_line(LOG_ERROR, "plugin %s has crashed too often: its routes answer 503 for %llu s", account->name,
             (unsigned long long)quarantine_wait(&account->quarantine, server->loop.now));
    for (size_t i = 0; g && i < g->pool_count; i++) {
        struct list *queue = &g->pools[i].queue;
        for (struct list *at = queue->next, *next; at != queue; at = next) {
            struct exchange *x = exchange_of(job_at(at));
            next = at->next;
            if (x->plugin->account == account) {
                queue_remove(&x->job);
                exchange_refuse_quarantined(x, server->loop.now);
                connection_advance(x->connection);
                next = queue->next; /* whatever that has changed: those that stay are other plugins' */
            }
        }
    }
}

static void crash_count(struct server *server, struct exchange *x, bool outran) {
    const struct config *c = server->config;
    const struct quarantine_limits limits = {
        .crashes = c->crash_limit, .window = c->crash_window_ms * NS_PER_MS, .first = c->quarantine_ms * NS_PER_MS};
    struct account *account = x->plugin->account;
    bool probe = x->probe;
    x->probe = false;
    account->tally.timeouts += outran;
    account->tally.crashes += !outran;
    if ((probe || !outran) && quarantine_crashed(&account->quarantine, &limits, probe, server->loop.now)) {
        quarantine_begin(server, account);
    }
}

static void incident_reply(struct exchange *x, int status, const char *text) {
    x->keep = x->keep && x->parsed;
    connection_answer(x->connection, status, "", text);
    connection_advance(x->connection);
}

static void incident_answer(struct exchange *x, const struct incident *i) {
    struct buffer text = {0};
    int error = incident_text(i, x->connection->server->config->development, &text);
    incident_reply(x, i->status, error ? "" : text.data);
    buffer_free(&text);
}

/* Of so many incidents that this one is no longer kept its client is not told more than that it failed. */
void dispatch_traced(struct server *server, uint64_t id) {
    const struct incident *i = id ? incident_find(&server->incidents, id) : NULL;
    for (struct list *at = server->connections.next, *next; id && at != &server->connections; at = next) {
        struct exchange *x = container_of(at, struct connection, link)->exchange;
        next = at->next;
        if (x && x->incident == id) {
            if (i) {
                incident_answer(x, i);
            } else {
                incident_reply(x, 502, "");
            }
            return;
        }
    }
}

/* The request that it was running. In development its answer waits for the trace. */
static void answer_for_the_dead(struct worker *w, struct exchange *x, bool touched, int status) {
    struct connection *c = x->connection;
    struct server *server = worker_server(w);
    if (server->stopping) {
        connection_cut(c, 503);
        return;
    }
    const struct incident *incident = incident_log(server, w, x, touched, status);
    keep_begin(server, x, incident->id);
    crash_count(server, x, w->outran);
    if (touched) {
        connection_cut(c, incident->status);
        return;
    }
    if (server->config->development && incident->traced) {
        x->incident = incident->id;
        return;
    }
    incident_answer(x, incident);
}

void dispatch_worker_died(struct worker *w, int status) {
    struct server *server = worker_server(w);
    dispatch_worker_collect(w);
    list_remove(&w->desk.idle);
    struct exchange *running = NULL;
    bool touched = false;
    while (!list_empty(&w->desk.jobs)) {
        struct job *job = job_at(w->desk.jobs.prev); /* the youngest first, so that the queue keeps their order */
        struct mailbox_slot *slot = mailbox_slot(&w->ties.box, job->slot);
        bool waited = slot_reclaim(&slot->slot, job->sequence);
        bool was_head = desk_head(w) == job;
        desk_remove(w, job);
        if (waited || !was_head) {
            job_return(server, job);
        } else {
            running = exchange_of(job);
            touched = atomic_load(&slot->touched) != 0;
        }
    }
    if (running) {
        answer_for_the_dead(w, running, touched, status);
    }
}

/* ---- Generations ---- */

void dispatch_generation_left(struct server *server, struct generation *old) {
    for (size_t i = 0; i < old->pool_count; i++) {
        struct pool *pool = &old->pools[i];
        while (!list_empty(&pool->queue)) {
            struct job *job = job_at(pool->queue.next);
            queue_remove(job);
            if (job_renew(server, job)) {
                queue_append(job);
            } else {
                connection_advance(exchange_of(job)->connection);
            }
        }
    }
}
