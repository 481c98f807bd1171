/* The dispatcher: gives requests out and collects the answers. */
#include "master/dispatch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "master/account.h"
#include "master/choose.h"
#include "master/connection.h"
#include "master/desk.h"
#include "master/exchange.h"
#include "master/generation.h"
#include "master/hold.h"
#include "master/server.h"
#include "wire/call.h"
#include "wire/message.h"

static struct worker *worker_of_busy(struct list *link) {
    return container_of(container_of(link, struct desk, busy), struct worker, desk);
}

static bool plugin_full(const struct plugin *plugin) {
    return plugin->concurrency > 0 && plugin->account->running >= plugin->concurrency;
}

/* ---- Posting ---- */

/* How long a worker is left alone that has taken no request, because its ring or its channel was full. */
static const uint64_t DEAF_NS = 2000000;

static int post_message(struct worker *w, const struct exchange *x, const struct wire_post *post) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    const int fds[2] = {x->connection->fd, x->body.fd};
    long length = wire_post_pack(post, message);
    return channel_send(w->ties.channel, message, (size_t)length, fds, x->body.fd >= 0 ? 2 : 1);
}

/* Of a worker that does not read, behind what it runs, only as much is asked as leaves room for when it does. */
static int ring_room(const struct worker *w) {
    uint32_t unread = ring_unread(&w->ties.box.shared->ring, w->desk.written);
    if (unread > RING_SIZE) {
        return -EPROTO;
    }
    return unread >= (w->desk.load > 0 ? RING_SIZE / 2 : RING_SIZE) ? -EAGAIN : 0;
}

/* It could not be given a request. -EAGAIN: others are to be asked. */
static int worker_refused(struct worker *w, int error) {
    if (error == -EPROTO) {
        worker_broke(w, "an impossible ring");
    } else if (error == -EPIPE || error == -ECONNRESET) {
        worker_lost(w);
    }
    w->desk.deaf = worker_server(w)->loop.now + DEAF_NS;
    return -EAGAIN;
}

/* The message that brings the descriptors goes first, so that it is there when the ring tells of the request. */
static int job_send(struct worker *w, const struct exchange *x, const struct wire_post *post, bool by_message) {
    struct mailbox_shared *shared = w->ties.box.shared;
    int error = by_message ? post_message(w, x, post) : 0;
    if (!error) {
        ring_write(&shared->ring, &w->desk.written,
                   (struct ring_entry){.sequence = post->sequence, .slot = post->slot, .by_message = by_message});
        call_ring(&shared->call);
    }
    return error;
}

/* 0; -EAGAIN: this worker takes no more now; -EMSGSIZE: no worker can take it. */
static int job_post(struct worker *w, struct job *job) {
    struct exchange *x = exchange_of(job);
    uint32_t index = w->desk.free[w->desk.free_count - 1];
    int error = ring_room(w);
    if (error) {
        return worker_refused(w, error);
    }
    long length = exchange_pack(x, mailbox_request(&w->ties.box, index), w->ties.box.capacity);
    if (length < 0) {
        return (int)length;
    }
    struct mailbox_slot *slot = mailbox_slot(&w->ties.box, index);
    struct wire_post post = {.slot = index, .sequence = ++w->desk.sequence};
    slot->length = (uint32_t)length;
    bool by_message = hold_plan(w, x, slot);
    atomic_store_explicit(&slot->touched, 0, memory_order_relaxed);
    slot_post(&slot->slot, post.sequence);
    error = job_send(w, x, &post, by_message);
    if (error) {
        if (!slot_reclaim(&slot->slot, post.sequence)) {
            worker_broke(w, "it took a request that it was not sent");
        }
        hold_lose(w, job);
        return worker_refused(w, error);
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

/* To the best of those who take it. -EAGAIN: nobody does; -EMSGSIZE. */
static int job_offer(struct pool *pool, struct job *job) {
    int error = -EAGAIN;
    for (struct worker *w; error == -EAGAIN && (w = worker_choose(pool, exchange_of(job)->connection));) {
        error = job_post(w, job); /* who refuses is not chosen again */
    }
    return error;
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
    atomic_signal_fence(memory_order_seq_cst); /* a copy: what is checked is not read again */
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
    w->desk.deaf = 0; /* it reads */
    desk_remove(w, job);
    job_passed(job);
    w->requests++;
    connection_answered(c, &answer, answer.flags & ANSWER_TAIL ? &tail : NULL, fds, count);
    return true;
}

void dispatch_worker_collect(struct worker *w) {
    for (struct job *job = desk_head(w); job && !w->broken; job = desk_head(w)) {
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

static void refuse_large(struct connection *c) {
    connection_answer(c, 431, "", "The request is longer than can be handed to a worker.");
}

/* True: it was posted, or answered. */
static bool job_give(struct pool *pool, struct job *job) {
    if (job->queued) {
        queue_remove(job);
    }
    int error = job_offer(pool, job);
    if (error == -EMSGSIZE) {
        refuse_large(exchange_of(job)->connection);
        connection_advance(exchange_of(job)->connection);
    } else if (error) {
        queue_prepend(job);
    }
    return error != -EAGAIN;
}

static void queue_run(struct pool *pool) {
    struct job *job = queue_next(pool);
    while (job && job_give(pool, job)) {
        job = queue_next(pool);
    }
}

/* Nothing could be taken back: what waited has just been begun, and so what was before it is done. */
static void order_check(struct worker *w) {
    const struct job *head = desk_head(w);
    if (w->desk.load > 1 && slot_look(&mailbox_slot(&w->ties.box, head->slot)->slot, head->sequence) != SLOT_DONE) {
        worker_broke(w, "it has begun a request before its turn");
    }
}

/* Whether somebody else is to have what waits at that worker. */
static bool waiting_suffers(const struct worker *w) {
    uint64_t now = worker_server(w)->loop.now;
    return w->desk.load > 1 && !w->broken && !worker_patient(w) &&
           (pool_idle_from(w->pool) == 0 || (worker_slow_from(w) <= now && pool_quick(w->pool)));
}

/* While somebody is idle, or has room and is quicker, nobody waits behind a slow handler. */
static void waiting_spread(struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        while (w && waiting_suffers(w)) {
            struct job *job = desk_take_back(w);
            if (!job) {
                order_check(w);
                break;
            }
            if (!job_give(pool, job)) {
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
        int error = job_offer(pool, job);
        if (!error) {
            return;
        }
        if (error == -EMSGSIZE) {
            refuse_large(x->connection);
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

void dispatch_collect(struct server *server) {
    struct list busy;
    list_move(&busy, &server->busy);
    while (!list_empty(&busy)) {
        struct worker *w = worker_of_busy(busy.next);
        list_remove(&w->desk.busy);
        list_append(&server->busy, &w->desk.busy);
        dispatch_worker_collect(w);
    }
}

void dispatch_turn(struct server *server) {
    dispatch_collect(server);
    struct generation *g = server->generation;
    for (size_t i = 0; g && i < g->pool_count; i++) {
        waiting_spread(&g->pools[i]); /* they are older than those in the queue */
        queue_run(&g->pools[i]);
    }
}

/* ---- Waiting ---- */

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* What needs nothing of us when it is done may be collected by and by, with the next event, at the latest after this
 * time: a worker that has to ring for each answer wakes us twice for each request. */
enum { DOZE_NS = 2000000 };

/* Whether that request's end can wait: its client has not sent the next one already. */
static bool job_unhurried(struct job *job) {
    const struct exchange *x = exchange_of(job);
    return !x->connection->readable && x->connection->input.length <= x->head_end;
}

static uint64_t worker_doze(const struct worker *w) {
    return w->desk.since + DOZE_NS;
}

static bool worker_unhurried(struct worker *w) {
    if (w->state != WORKER_READY || w->pool->queued > 0 || w->desk.load == 0 ||
        worker_doze(w) <= worker_server(w)->loop.now) {
        return false;
    }
    for (struct list *at = w->desk.jobs.next; at != &w->desk.jobs; at = at->next) {
        if (!job_unhurried(job_at(at))) {
            return false;
        }
    }
    return true;
}

/* When somebody who waits, behind a slow handler or for one who took nothing, is to be given to somebody idle. */
uint64_t dispatch_next(const struct server *server) {
    uint64_t next = UINT64_MAX;
    for (struct list *at = server->busy.next; at != &server->busy; at = at->next) {
        struct worker *w = worker_of_busy(at);
        next = worker_unhurried(w) ? earlier(next, worker_doze(w)) : next;
        if (w->desk.load > 1 && w->seat && !w->broken) {
            uint64_t from = pool_idle_from(w->pool);
            uint64_t then = worker_patience(w);
            next = earlier(next, from > then ? from : then);
            next = pool_quick(w->pool) ? earlier(next, worker_slow_from(w)) : next;
        }
    }
    const struct generation *g = server->generation;
    for (size_t i = 0; g && i < g->pool_count; i++) {
        uint64_t from = g->pools[i].queued > 0 ? pool_idle_from(&g->pools[i]) : 0;
        next = from > 0 ? earlier(next, from) : next; /* else it waits for something else */
    }
    return next;
}

bool dispatch_sleep(struct server *server) {
    for (struct list *at = server->busy.next; at != &server->busy; at = at->next) {
        struct worker *w = worker_of_busy(at);
        const struct job *head = desk_head(w);
        if (w->broken) {
            continue;
        }
        doorbell_announce(&w->ties.box.shared->bell, worker_unhurried(w) ? DOORBELL_DOZING : DOORBELL_ASLEEP);
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
