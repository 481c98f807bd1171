/* The dispatcher: gives requests out and collects the answers. */
#include "master/dispatch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "master/account.h"
#include "master/connection.h"
#include "master/desk.h"
#include "master/exchange.h"
#include "master/generation.h"
#include "master/hold.h"
#include "master/server.h"
#include "wire/call.h"
#include "wire/message.h"

static struct worker *worker_of_idle(struct list *link) {
    return container_of(container_of(link, struct desk, idle), struct worker, desk);
}

static struct worker *worker_of_busy(struct list *link) {
    return container_of(container_of(link, struct desk, busy), struct worker, desk);
}

static bool plugin_full(const struct plugin *plugin) {
    return plugin->concurrency > 0 && plugin->account->running >= plugin->concurrency;
}

/* ---- Posting ---- */

/*
 * To wake a worker costs more than a short handler takes. So a request may wait behind what the worker does that was
 * given the last one, if that has begun just now; when it takes longer than this, the request goes to another one.
 */
enum { PATIENCE_NS = 200000 };

static bool patient(const struct worker *w) {
    return worker_server(w)->loop.now - w->desk.since < PATIENCE_NS;
}

static bool worker_awake(const struct worker *w) {
    return w && w->desk.load > 0 && w->desk.free_count > 0 && w->state == WORKER_READY && patient(w);
}

/* The one that was given the last request, while that is patient; else an idle one: the one that served this connection
 * last, else the one that fell idle last. Else the one with the least to do. NULL: every mailbox is full. */
static struct worker *worker_choose(struct pool *pool, const struct connection *c) {
    if (worker_awake(pool->latest)) {
        return pool->latest;
    }
    if (!list_empty(&pool->idle)) {
        struct worker *last = c->last_seat < pool->count ? pool->seats[c->last_seat].worker : NULL;
        return last && !list_empty(&last->desk.idle) ? last : worker_of_idle(pool->idle.next);
    }
    struct worker *least = NULL;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        bool fit = w && w->state == WORKER_READY && w->desk.free_count > 0;
        if (fit && (!least || w->desk.load < least->desk.load)) {
            least = w;
        }
    }
    return least;
}

static int post_message(struct worker *w, const struct exchange *x, const struct wire_post *post) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    const int fds[2] = {x->connection->fd, x->body.fd};
    long length = wire_post_pack(post, message);
    return channel_send(w->ties.channel, message, (size_t)length, fds, x->body.fd >= 0 ? 2 : 1);
}

/* Of a worker that does not read, behind what it runs, only as much is asked as leaves room for when it does. */
static bool ring_full(const struct worker *w) {
    uint32_t unread = ring_unread(&w->ties.box.shared->ring, w->desk.written);
    return unread >= (w->desk.load > 0 ? RING_SIZE / 2 : RING_SIZE);
}

/* The message that brings the descriptors goes first, so that it is there when the ring tells of the request. */
static int job_send(struct worker *w, const struct exchange *x, const struct wire_post *post,
                    const struct mailbox_slot *slot) {
    struct mailbox_shared *shared = w->ties.box.shared;
    int error = slot->by_message ? post_message(w, x, post) : 0;
    if (!error) {
        ring_write(&shared->ring, &w->desk.written,
                   (struct ring_entry){.sequence = post->sequence, .slot = post->slot});
        call_ring(&shared->call);
    }
    return error;
}

/* 0; -EAGAIN: this worker takes no more now; -EMSGSIZE: no worker can take it. */
static int job_post(struct worker *w, struct job *job) {
    struct exchange *x = exchange_of(job);
    uint32_t index = w->desk.free[w->desk.free_count - 1];
    long length = ring_full(w) ? -EAGAIN : exchange_pack(x, mailbox_request(&w->ties.box, index), w->ties.box.capacity);
    if (length < 0) {
        return (int)length;
    }
    struct mailbox_slot *slot = mailbox_slot(&w->ties.box, index);
    struct wire_post post = {.slot = index, .sequence = ++w->desk.sequence};
    slot->length = (uint32_t)length;
    hold_plan(w, x, slot);
    atomic_store_explicit(&slot->touched, 0, memory_order_relaxed);
    slot_post(&slot->slot, post.sequence);
    if (job_send(w, x, &post, slot)) {
        if (!slot_reclaim(&slot->slot, post.sequence)) {
            worker_broke(w, "it took a request that it was not sent");
        }
        hold_lose(w, job);
        return -EAGAIN;
    }
    w->desk.free_count--;
    job->slot = index;
    job->sequence = post.sequence;
    desk_add(w, job);
    x->pid = w->ties.pid;
    w->pool->latest = w;
    x->connection->last_seat = (uint32_t)(w->seat - w->pool->seats);
    return 0;
}

/* ---- Collecting ---- */

/* The message that was sent before the slot was done. -EPROTO: it is not there. */
static int tail_receive(struct worker *w, const struct job *job, struct wire_tail *tail, int *fds, size_t *count) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    ssize_t length = channel_receive(w->ties.channel, message, sizeof(message), fds, count);
    if (length < 0) {
        return (int)length == -EMSGSIZE ? -EMSGSIZE : -EPROTO;
    }
    if (wire_tail_unpack(tail, message, (size_t)length) || tail->slot != job->slot || tail->sequence != job->sequence) {
        for (size_t i = 0; i < *count; i++) {
            close(fds[i]);
        }
        return -EPROTO;
    }
    return 0;
}

static bool answer_valid(const struct mailbox_answer *a) {
    bool tail = a->flags & ANSWER_TAIL;
    return a->status >= 200 && a->status <= 599 && (a->flags & ~(uint32_t)ANSWER_FLAGS) == 0 && tail == (a->left > 0);
}

static void output_take(struct worker *w) {
    (void)output_read(&w->output, w->ties.output, w->ties.pid, w->running, worker_server(w)->loop.now);
}

/* The one request that a quarantine let through was answered. */
static void job_passed(struct job *job) {
    struct exchange *x = exchange_of(job);
    if (x->probe) {
        x->probe = false;
        quarantine_passed(&x->plugin->account->quarantine);
        log_line(LOG_NOTICE, "plugin %s has answered: its quarantine is over", x->plugin->name);
    }
}

/* False: the worker is broken. */
static bool job_collect(struct worker *w, struct job *job) {
    struct mailbox_answer answer = mailbox_slot(&w->ties.box, job->slot)->answer;
    struct wire_tail tail;
    int fds[CHANNEL_FDS_MAX];
    size_t count = 0;
    if (!answer_valid(&answer)) {
        return false;
    }
    if (answer.flags & ANSWER_OUTPUT) {
        output_take(w);
    }
    if (answer.flags & ANSWER_TAIL) {
        int error = tail_receive(w, job, &tail, fds, &count);
        if (error == -EPROTO) {
            return false;
        }
        if (error) { /* we have no descriptors left: not the worker's fault */
            log_line(LOG_ERROR, "the rest of an answer cannot be received: %s", strerror(-error));
            answer.flags = ANSWER_BROKEN;
        }
    }
    struct connection *c = exchange_of(job)->connection;
    (void)slot_collect(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence);
    hold_settle(w, job);
    desk_remove(w, job);
    job_passed(job);
    w->requests++;
    connection_answered(c, &answer, answer.flags & ANSWER_TAIL ? &tail : NULL, fds, count);
    return true;
}

void dispatch_worker_collect(struct worker *w) {
    for (struct job *job = desk_head(w); job; job = desk_head(w)) {
        enum slot_state state = slot_look(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence);
        bool fine = state == SLOT_DONE ? job_collect(w, job) : state != SLOT_FREE;
        if (!fine) {
            worker_broke(w, "an impossible answer");
        }
        if (!fine || state != SLOT_DONE) {
            break;
        }
    }
    if (w->seat && w->state == WORKER_READY && w->requests_limit > 0 && w->requests >= w->requests_limit) {
        log_line(LOG_INFO, "worker %d has answered %u requests: replaced", (int)w->ties.pid, w->requests);
        worker_retire(w);
    }
}

/* ---- Giving out ---- */

static struct job *queue_next(struct pool *pool) {
    for (struct list *at = pool->queue.next; at != &pool->queue; at = at->next) {
        if (!plugin_full(exchange_of(job_at(at))->plugin)) {
            return job_at(at);
        }
    }
    return NULL;
}

static void too_large(struct connection *c) {
    connection_answer(c, 431, "", "The request is longer than can be handed to a worker.");
    connection_advance(c);
}

/* True: it was posted, or answered. */
static bool job_give(struct worker *w, struct job *job) {
    bool queued = job->queued;
    if (queued) {
        queue_remove(job);
    }
    int error = job_post(w, job);
    if (error == -EMSGSIZE) {
        too_large(exchange_of(job)->connection);
    } else if (error && queued) {
        queue_prepend(job);
    }
    return error != -EAGAIN;
}

static void queue_run(struct pool *pool) {
    while (pool->queued > 0) {
        struct job *job = queue_next(pool);
        struct worker *w = job ? worker_choose(pool, exchange_of(job)->connection) : NULL;
        if (!w || !job_give(w, job)) {
            return;
        }
    }
}

/* While somebody is idle nobody waits behind a slow handler. */
static void waiting_spread(struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        while (w && !list_empty(&pool->idle) && !patient(w)) {
            struct job *job = desk_take_back(w);
            if (!job) {
                break;
            }
            if (!job_give(worker_of_idle(pool->idle.next), job)) {
                queue_prepend(job);
                return;
            }
        }
    }
}

/* What a plugin in quarantine is asked for. True: it may go on. */
static bool quarantine_admits(struct server *server, struct exchange *x) {
    struct quarantine *q = &x->plugin->account->quarantine;
    switch (quarantine_ask(q, server->loop.now)) {
    case QUARANTINE_NONE:
        return true;
    case QUARANTINE_PROBE:
        quarantine_probe(q);
        x->probe = true;
        return true;
    case QUARANTINE_REFUSE:
        break;
    }
    exchange_refuse_quarantined(x, server->loop.now);
    return false;
}

void dispatch_submit(struct server *server, struct exchange *x) {
    struct job *job = &x->job;
    if (!job_renew(server, job) || !quarantine_admits(server, x)) {
        return;
    }
    struct pool *pool = x->plugin->pool;
    timeout_set(&server->queue_timeouts, &x->connection->timeout, server->loop.now); /* until a worker has taken it */
    if (pool->queued == 0 && !plugin_full(x->plugin)) {
        struct worker *w = worker_choose(pool, x->connection);
        int error = w ? job_post(w, job) : -EAGAIN;
        if (!error) {
            return;
        }
        if (error == -EMSGSIZE) {
            connection_answer(x->connection, 431, "", "The request is longer than can be handed to a worker.");
            return;
        }
    }
    if (pool->queued >= server->config->queue_length) {
        connection_answer(x->connection, 503, "Retry-After: 1\r\n", "Too many requests wait already. Try again.");
        return;
    }
    queue_append(job);
}

bool dispatch_cancel(struct exchange *x) {
    struct job *job = &x->job;
    if (job->queued) {
        queue_remove(job);
        return true;
    }
    return job->worker && desk_reclaim(job->worker, job);
}

void dispatch_turn(struct server *server) {
    struct list busy;
    list_move(&busy, &server->busy);
    while (!list_empty(&busy)) {
        struct worker *w = worker_of_busy(busy.next);
        list_remove(&w->desk.busy);
        list_append(&server->busy, &w->desk.busy);
        dispatch_worker_collect(w);
    }
    struct generation *g = server->generation;
    for (size_t i = 0; g && i < g->pool_count; i++) {
        queue_run(&g->pools[i]);
        if (!list_empty(&g->pools[i].idle)) {
            waiting_spread(&g->pools[i]);
        }
    }
}

/* ---- Waiting ---- */

/* When somebody who waits behind a slow handler is to be given to somebody idle. */
uint64_t dispatch_next(const struct server *server) {
    uint64_t next = UINT64_MAX;
    for (struct list *at = server->busy.next; at != &server->busy; at = at->next) {
        const struct worker *w = worker_of_busy(at);
        if (w->desk.load > 1 && !list_empty(&w->pool->idle) && w->desk.since + PATIENCE_NS < next) {
            next = w->desk.since + PATIENCE_NS;
        }
    }
    return next;
}

bool dispatch_sleep(struct server *server) {
    for (struct list *at = server->busy.next; at != &server->busy; at = at->next) {
        struct worker *w = worker_of_busy(at);
        struct job *head = desk_head(w);
        doorbell_announce(&w->ties.box.shared->bell);
        if (slot_look(&mailbox_slot(&w->ties.box, head->slot)->slot, head->sequence) == SLOT_DONE) {
            return false;
        }
    }
    return true;
}

void dispatch_wake(struct server *server) {
    for (struct list *at = server->busy.next; at != &server->busy; at = at->next) {
        doorbell_withdraw(&worker_of_busy(at)->ties.box.shared->bell);
    }
}

/* ---- New hands ---- */

void dispatch_worker_ready(struct worker *w) {
    list_prepend(&w->pool->idle, &w->desk.idle);
    queue_run(w->pool);
}

void dispatch_generation_serves(struct generation *g) {
    for (struct list *at = g->workers.next; at != &g->workers; at = at->next) {
        struct worker *w = container_of(at, struct worker, link);
        if (w->state == WORKER_READY && w->desk.load == 0 && list_empty(&w->desk.idle)) {
            dispatch_worker_ready(w);
        }
    }
}

void dispatch_setup(struct server *server) {
    list_init(&server->busy);
}
