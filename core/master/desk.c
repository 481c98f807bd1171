/* Desks of workers, queues of pools. */
#include "master/desk.h"

#include "base/clock.h"
#include "master/account.h"
#include "master/connection.h"
#include "master/exchange.h"
#include "master/generation.h"
#include "master/hold.h"
#include "master/server.h"

struct exchange *exchange_of(struct job *job) {
    return container_of(job, struct exchange, job);
}

struct job *job_at(struct list *link) {
    return container_of(link, struct job, link);
}

struct job *desk_head(struct worker *w) {
    return list_empty(&w->desk.jobs) ? NULL : job_at(w->desk.jobs.next);
}

/* The oldest job is the one that the worker runs: its time begins when it becomes the oldest. */
static void desk_head_changed(struct worker *w) {
    struct job *head = desk_head(w);
    w->desk.since = worker_server(w)->loop.now;
    if (w->state != WORKER_READY && w->state != WORKER_RETIRING) {
        return; /* its end has a deadline of its own */
    }
    if (head) {
        const struct plugin *plugin = exchange_of(head)->plugin;
        w->deadline = worker_server(w)->loop.now + plugin->timeout_ms * NS_PER_MS;
        w->running = plugin->name;
    } else if (w->state == WORKER_RETIRING) {
        worker_leaves(w);
    } else {
        w->deadline = UINT64_MAX;
    }
}

void desk_add(struct worker *w, struct job *job) {
    job->worker = w;
    list_append(&w->desk.jobs, &job->link);
    list_remove(&w->desk.idle);
    exchange_of(job)->plugin->account->running++;
    if (w->desk.load++ == 0) {
        list_append(&worker_server(w)->busy, &w->desk.busy);
        desk_head_changed(w);
    }
}

/* The slot is free again. */
void desk_remove(struct worker *w, struct job *job) {
    bool was_head = desk_head(w) == job;
    w->desk.free[w->desk.free_count++] = (uint8_t)job->slot;
    w->desk.load--;
    exchange_of(job)->plugin->account->running--;
    list_remove(&job->link);
    job->worker = NULL;
    if (was_head) {
        desk_head_changed(w);
    }
    if (w->desk.load == 0) {
        list_remove(&w->desk.busy);
        if (w->state == WORKER_READY) {
            list_prepend(&w->pool->idle, &w->desk.idle);
        }
    }
}

bool desk_reclaim(struct worker *w, struct job *job) {
    if (!slot_reclaim(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence)) {
        return false;
    }
    hold_lose(w, job);
    desk_remove(w, job);
    return true;
}

/* The first request that waits behind another at this worker; NULL: none, or it has just been taken. */
struct job *desk_take_back(struct worker *w) {
    if (w->desk.load < 2) {
        return NULL;
    }
    struct job *job = job_at(desk_head(w)->link.next);
    return desk_reclaim(w, job) ? job : NULL;
}

/* ---- The queue of a pool ---- */

static struct pool *pool_of_job(struct job *job) {
    return exchange_of(job)->plugin->pool;
}

void queue_append(struct job *job) {
    job->queued = true;
    pool_of_job(job)->queued++;
    list_append(&pool_of_job(job)->queue, &job->link);
}

/* One that was taken back is older than all that wait. */
void queue_prepend(struct job *job) {
    queue_append(job);
    list_remove(&job->link);
    list_prepend(&pool_of_job(job)->queue, &job->link);
}

void queue_remove(struct job *job) {
    job->queued = false;
    pool_of_job(job)->queued--;
    list_remove(&job->link);
}

/* ---- Whether a request may go on ---- */

/* A request whose generation serves no longer goes to the plugin that has its path now. False: it was answered. */
bool job_renew(struct server *server, struct job *job) {
    struct exchange *x = exchange_of(job);
    if (x->plugin->generation == server->generation) {
        return true;
    }
    return exchange_route(x);
}

/* Takes back what waited for an older generation, or for a worker that retires or has died. */
void job_return(struct server *server, struct job *job) {
    if (job_renew(server, job)) {
        queue_prepend(job);
    } else {
        connection_advance(exchange_of(job)->connection);
    }
}
