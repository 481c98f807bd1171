/* Posting. */
#include "pool/post.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "pool/job.h"
#include "pool/pending.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/sticky.h"
#include "pool/worker.h"
#include "wire/call.h"
#include "wire/channel.h"
#include "wire/message.h"

/* How long a worker is left alone that has taken no request, because its ring or its channel was full. */
static const uint64_t DEAF_NS = 2000000;

static int post_message(struct worker *w, const struct job *job, const struct wire_post *post) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    bool apart = job->apart || worker_apart(w);
    int again = job->body >= 0 && job->pid > 0 ? fd_reopen(job->body) : -1; /* the one before may move the offset */
    const int fds[2] = {job->fd, again >= 0 ? again : job->body};
    long length = wire_post_pack(post, message);
    int error =
        channel_send(w->ties.channel, message, (size_t)length, apart ? &fds[1] : fds, job->body >= 0 && !apart ? 2 : 1);
    fd_close(&again);
    return error;
}

/* Who is not to have a connection gets the body alone, if that comes as a file. */
static bool message_plan(struct worker *w, struct job *job, struct mailbox_slot *slot) {
    if (!job->apart && !worker_apart(w)) {
        return sticky_plan(w, job, slot);
    }
    slot->handle = HANDLE_APART;
    return job->body >= 0;
}

/* Of a worker that does not read, behind what it runs, only as much is asked as leaves room for when it does. */
static int ring_room(const struct worker *w) {
    uint32_t unread = ring_unread(&w->ties.box.shared->ring, w->pending.written);
    if (unread > RING_SIZE) {
        return -EPROTO;
    }
    return unread >= (w->pending.load > 0 ? RING_SIZE / 2 : RING_SIZE) ? -EAGAIN : 0;
}

/* It could not be given a request. -EAGAIN: others are to be asked. */
static int worker_refused(struct worker *w, int error) {
    if (error == -EPROTO) {
        worker_broke(w, "an impossible ring");
    } else if (error == -EPIPE || error == -ECONNRESET) {
        worker_lost(w);
    }
    w->pending.deaf = worker_now(w) + DEAF_NS;
    return -EAGAIN;
}

/* The message that brings the descriptors goes first, so that it is there when the ring tells of the request. */
static int job_send(struct worker *w, const struct job *job, const struct wire_post *post, bool by_message) {
    struct mailbox_shared *shared = w->ties.box.shared;
    int error = by_message ? post_message(w, job, post) : 0;
    if (!error) {
        ring_write(&shared->ring, &w->pending.written,
                   (struct ring_entry){.sequence = post->sequence, .slot = post->slot, .by_message = by_message});
        call_ring(&shared->call);
    }
    return error;
}

/* Packs the request into that slot. Behind it nothing is left of the one before, which may be another client's and
 * another plugin's. Bytes, or -EMSGSIZE. */
static long slot_fill(struct worker *w, struct job *job, uint32_t index) {
    unsigned char *to = mailbox_request(&w->ties.box, index);
    uint32_t *used = &w->pending.used[index];
    long length = w->pool->pools->events->pack(job, to, w->ties.box.capacity);
    if (length < 0) {
        *used = w->ties.box.capacity;
        return length;
    }
    if (*used > (uint32_t)length) {
        memset(to + length, 0, *used - (uint32_t)length);
    }
    *used = (uint32_t)length;
    return length;
}

int job_post(struct worker *w, struct job *job) {
    struct pool *pool = w->pool;
    uint32_t index = w->pending.free[w->pending.free_count - 1];
    int error = ring_room(w);
    if (error) {
        return worker_refused(w, error);
    }
    long length = slot_fill(w, job, index);
    if (length < 0) {
        return (int)length;
    }
    struct mailbox_slot *slot = mailbox_slot(&w->ties.box, index);
    struct wire_post post = {.slot = index, .sequence = ++w->pending.sequence};
    slot->length = (uint32_t)length;
    bool by_message = message_plan(w, job, slot);
    atomic_store_explicit(&slot->touched, 0, memory_order_relaxed);
    slot_post(&slot->slot, post.sequence);
    error = job_send(w, job, &post, by_message);
    if (error) {
        if (!slot_reclaim(&slot->slot, post.sequence)) {
            worker_broke(w, "it took a request that it was not sent");
        }
        sticky_lose(w, job);
        return worker_refused(w, error);
    }
    w->pending.free_count--;
    job->slot = index;
    job->sequence = post.sequence;
    pending_add(w, job);
    job->pid = w->pid;
    job->seat = (uint32_t)(w->seat - pool->seats);
    pool->latest = w;
    return 0;
}
