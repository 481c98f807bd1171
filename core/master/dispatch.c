/* The dispatcher. */
#include "master/dispatch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "master/connection.h"
#include "master/exchange.h"
#include "master/incident.h"
#include "master/server.h"
#include "wire/message.h"

static const uint64_t NS_PER_MS = 1000000;

static struct exchange *exchange_of(struct job *job) {
    return container_of(job, struct exchange, job);
}

static struct job *job_at(struct list *link) {
    return container_of(link, struct job, link);
}

static struct server *server_of(struct worker *w) {
    return container_of(w->pool, struct server, pool);
}

/* ---- A worker's desk ---- */

static struct job *desk_head(struct worker *w) {
    return list_empty(&w->desk.jobs) ? NULL : job_at(w->desk.jobs.next);
}

/* The oldest job is the one that the worker runs: its time begins when it becomes the oldest. */
static void desk_head_changed(struct worker *w) {
    struct job *head = desk_head(w);
    if (head) {
        const struct plugin *plugin = exchange_of(head)->plugin;
        w->deadline = w->pool->loop->now + plugin->timeout_ms * NS_PER_MS;
        w->running = plugin->name;
    } else {
        w->deadline = UINT64_MAX;
    }
}

static void desk_add(struct worker *w, struct job *job) {
    job->worker = w;
    list_append(&w->desk.jobs, &job->link);
    list_remove(&w->desk.idle);
    exchange_of(job)->plugin->running++;
    if (w->desk.load++ == 0) {
        desk_head_changed(w);
    }
}

/* The slot is free again. */
static void desk_remove(struct server *server, struct worker *w, struct job *job) {
    bool was_head = desk_head(w) == job;
    w->desk.free[w->desk.free_count++] = (uint8_t)job->slot;
    w->desk.load--;
    exchange_of(job)->plugin->running--;
    list_remove(&job->link);
    job->worker = NULL;
    if (was_head) {
        desk_head_changed(w);
    }
    if (w->desk.load == 0 && w->state == WORKER_READY) {
        list_prepend(&server->idle, &w->desk.idle);
    }
}

/* ---- The queue ---- */

static void queue_append(struct server *server, struct job *job) {
    job->queued = true;
    server->queued++;
    list_append(&server->queue, &job->link);
}

/* One that was taken back is older than all that wait. */
static void queue_prepend(struct server *server, struct job *job) {
    queue_append(server, job);
    list_remove(&job->link);
    list_prepend(&server->queue, &job->link);
}

static void queue_remove(struct server *server, struct job *job) {
    job->queued = false;
    server->queued--;
    list_remove(&job->link);
}

/* ---- Posting ---- */

static bool plugin_full(const struct plugin *plugin) {
    return plugin->concurrency > 0 && plugin->running >= plugin->concurrency;
}

/* An idle one first: the one that served this connection last, else the one that fell idle last. Else the one with the
 * least to do. NULL: every mailbox is full. */
static struct worker *worker_choose(struct server *server, const struct connection *c) {
    struct pool *pool = &server->pool;
    if (!list_empty(&server->idle)) {
        if (c->last_worker < pool->count) {
            struct worker *last = &pool->workers[c->last_worker];
            if (!list_empty(&last->desk.idle)) {
                return last;
            }
        }
        return container_of(container_of(server->idle.next, struct desk, idle), struct worker, desk);
    }
    struct worker *least = NULL;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = &pool->workers[i];
        if (w->state == WORKER_READY && w->desk.free_count > 0 && (!least || w->desk.load < least->desk.load)) {
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

/* 0; -EAGAIN: this worker takes no more now; -EMSGSIZE: no worker can take it. */
static int job_post(struct worker *w, struct job *job) {
    struct exchange *x = exchange_of(job);
    uint32_t index = w->desk.free[w->desk.free_count - 1];
    long length = exchange_pack(x, mailbox_request(&w->ties.box, index), w->ties.box.capacity);
    if (length < 0) {
        return (int)length;
    }
    struct mailbox_slot *slot = mailbox_slot(&w->ties.box, index);
    struct wire_post post = {.slot = index, .sequence = ++w->desk.sequence};
    slot->length = (uint32_t)length;
    atomic_store_explicit(&slot->touched, 0, memory_order_relaxed);
    slot_post(&slot->slot, post.sequence);
    int error = post_message(w, x, &post);
    if (error) {
        if (!slot_reclaim(&slot->slot, post.sequence)) {
            pool_broke(w, "it took a request that it was not sent");
        }
        return -EAGAIN;
    }
    w->desk.free_count--;
    job->slot = index;
    job->sequence = post.sequence;
    desk_add(w, job);
    x->pid = w->ties.pid;
    x->connection->last_worker = w->index;
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
    (void)output_read(&w->output, w->ties.output, w->ties.pid, w->running);
}

/* False: the worker is broken. */
static bool job_collect(struct server *server, struct worker *w, struct job *job) {
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
    desk_remove(server, w, job);
    w->served = true;
    connection_answered(c, &answer, answer.flags & ANSWER_TAIL ? &tail : NULL, fds, count);
    return true;
}

static void worker_collect(struct server *server, struct worker *w) {
    for (struct job *job = desk_head(w); job; job = desk_head(w)) {
        enum slot_state state = slot_look(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence);
        bool fine = state == SLOT_DONE ? job_collect(server, w, job) : state != SLOT_FREE;
        if (!fine) {
            pool_broke(w, "an impossible answer");
        }
        if (!fine || state != SLOT_DONE) {
            return;
        }
    }
}

/* ---- Giving out ---- */

static struct job *queue_next(struct server *server) {
    for (struct list *at = server->queue.next; at != &server->queue; at = at->next) {
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
static bool job_give(struct server *server, struct worker *w, struct job *job) {
    bool queued = job->queued;
    if (queued) {
        queue_remove(server, job);
    }
    int error = job_post(w, job);
    if (error == -EMSGSIZE) {
        too_large(exchange_of(job)->connection);
    } else if (error && queued) {
        queue_prepend(server, job);
    }
    return error != -EAGAIN;
}

static void queue_run(struct server *server) {
    while (server->queued > 0) {
        struct job *job = queue_next(server);
        struct worker *w = job ? worker_choose(server, exchange_of(job)->connection) : NULL;
        if (!w || !job_give(server, w, job)) {
            return;
        }
    }
}

/* The first request that waits behind another at this worker; NULL: none, or it has just been taken. */
static struct job *take_back(struct server *server, struct worker *w) {
    if (w->desk.load < 2) {
        return NULL;
    }
    struct job *job = job_at(desk_head(w)->link.next);
    if (!slot_reclaim(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence)) {
        return NULL;
    }
    desk_remove(server, w, job);
    return job;
}

/* While somebody is idle nobody waits behind a slow handler. */
static void waiting_spread(struct server *server) {
    struct pool *pool = &server->pool;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = &pool->workers[i];
        while (!list_empty(&server->idle)) {
            struct job *job = take_back(server, w);
            if (!job) {
                break;
            }
            struct worker *idle = container_of(container_of(server->idle.next, struct desk, idle), struct worker, desk);
            if (!job_give(server, idle, job)) {
                queue_prepend(server, job);
                return;
            }
        }
    }
}

void dispatch_submit(struct server *server, struct exchange *x) {
    struct job *job = &x->job;
    timeout_set(&server->queue_timeouts, &x->connection->timeout, server->loop.now); /* until a worker has taken it */
    if (server->queued == 0 && !plugin_full(x->plugin)) {
        struct worker *w = worker_choose(server, x->connection);
        int error = w ? job_post(w, job) : -EAGAIN;
        if (!error) {
            return;
        }
        if (error == -EMSGSIZE) {
            connection_answer(x->connection, 431, "", "The request is longer than can be handed to a worker.");
            return;
        }
    }
    if (server->queued >= server->config->queue_length) {
        connection_answer(x->connection, 503, "Retry-After: 1\r\n", "Too many requests wait already. Try again.");
        return;
    }
    queue_append(server, job);
}

bool dispatch_cancel(struct server *server, struct exchange *x) {
    struct job *job = &x->job;
    if (job->queued) {
        queue_remove(server, job);
        return true;
    }
    struct worker *w = job->worker;
    if (w && slot_reclaim(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence)) {
        desk_remove(server, w, job);
        return true;
    }
    return false;
}

void dispatch_turn(struct server *server) {
    struct pool *pool = &server->pool;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->workers[i].desk.load > 0) {
            worker_collect(server, &pool->workers[i]);
        }
    }
    queue_run(server);
    if (!list_empty(&server->idle)) {
        waiting_spread(server);
    }
}

/* ---- Waiting ---- */

bool dispatch_sleep(struct server *server) {
    struct pool *pool = &server->pool;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = &pool->workers[i];
        struct job *head = desk_head(w);
        if (head) {
            doorbell_announce(&w->ties.box.shared->bell);
            if (slot_look(&mailbox_slot(&w->ties.box, head->slot)->slot, head->sequence) == SLOT_DONE) {
                return false;
            }
        }
    }
    return true;
}

void dispatch_wake(struct server *server) {
    struct pool *pool = &server->pool;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->workers[i].desk.load > 0) {
            doorbell_withdraw(&pool->workers[i].ties.box.shared->bell);
        }
    }
}

/* ---- What the pool tells ---- */

static void worker_ready(struct worker *w) {
    struct server *server = server_of(w);
    list_prepend(&server->idle, &w->desk.idle);
    queue_run(server);
}

static void worker_finished(struct worker *w) {
    worker_collect(server_of(w), w);
}

/* What it has finished counts, and may be all. What it has not begun goes to others: nothing else can begin before it
 * is killed, and be taken for the one that took too long. A worker that was stopped may have begun nothing. */
static void worker_overdue(struct worker *w) {
    struct server *server = server_of(w);
    worker_collect(server, w);
    if (w->deadline > w->pool->loop->now) {
        return;
    }
    for (struct job *job = take_back(server, w); job; job = take_back(server, w)) {
        queue_prepend(server, job);
    }
}

/* The request that it was running. */
static void answer_for_the_dead(struct worker *w, struct exchange *x, bool touched, int status) {
    struct connection *c = x->connection;
    struct incident incident;
    if (w->pool->stopping) {
        connection_cut(c, 503);
        return;
    }
    incident_log(&incident, w, x, touched, status);
    if (touched) {
        connection_cut(c, incident.status);
        return;
    }
    x->keep = x->keep && x->parsed;
    connection_answer(c, incident.status, "", incident.text);
    connection_advance(c);
}

static void worker_died(struct worker *w, int status) {
    struct server *server = server_of(w);
    worker_collect(server, w);
    list_remove(&w->desk.idle);
    struct exchange *running = NULL;
    bool touched = false;
    while (!list_empty(&w->desk.jobs)) {
        struct job *job = job_at(w->desk.jobs.prev); /* the youngest first, so that the queue keeps their order */
        struct mailbox_slot *slot = mailbox_slot(&w->ties.box, job->slot);
        bool waited = slot_reclaim(&slot->slot, job->sequence);
        bool was_head = desk_head(w) == job;
        desk_remove(server, w, job);
        if (waited || !was_head) {
            queue_prepend(server, job);
        } else {
            running = exchange_of(job);
            touched = atomic_load(&slot->touched) != 0;
        }
    }
    if (running) {
        answer_for_the_dead(w, running, touched, status);
    }
    queue_run(server);
}

const struct pool_hooks dispatch_hooks = {
    .ready = worker_ready, .collect = worker_finished, .overdue = worker_overdue, .died = worker_died};

void dispatch_setup(struct server *server) {
    list_init(&server->queue);
    list_init(&server->idle);
}
