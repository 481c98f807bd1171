/* Requests that have come to a worker: handled, answered, and told of. */
#include "worker/handling.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/channel.h"
#include "wire/heritage.h"
#include "worker/answer.h"
#include "worker/respond.h"

enum { FIELDS_MAX = 10000 };

int handling_begin(struct handling *h, const struct wire_start *start, const struct mailbox *box,
                   const struct registry *registry) {
    *h = (struct handling){.start = start, .box = box, .registry = registry, .response.text.fd = -1};
    h->fields = calloc(FIELDS_MAX, sizeof(*h->fields));
    return h->fields ? 0 : -ENOMEM;
}

void handling_end(struct handling *h) {
    response_free(&h->response);
    request_cache_free(&h->cache);
    free(h->fields);
}

static int tail_send(struct handling *h, const struct wire_post *post, struct mailbox_answer *answer) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    struct wire_tail tail;
    int fds[CHANNEL_FDS_MAX];
    size_t count;
    int made;
    int error = respond_tail(&h->response, h->start->spool, &tail, fds, &count, &made, &answer->left);
    if (!error) {
        tail.slot = post->slot;
        tail.sequence = post->sequence;
        long length = wire_tail_pack(&tail, message);
        error = length < 0 ? (int)length : channel_send(HERITAGE_CHANNEL, message, (size_t)length, fds, count);
    }
    fd_close(&made);
    return error;
}

static bool output_waits(void) {
    int waiting = 0;
    return ioctl(HERITAGE_STDOUT, FIONREAD, &waiting) == 0 && waiting > 0;
}

/* What became of it, for the master. The tail goes before the slot is done. */
static void answer_tell(struct handling *h, const struct wire_post *post, const struct wire_request *request,
                        const struct respond *to, struct mailbox_answer *answer) {
    struct socgi_response *res = &h->response;
    uint32_t flags = output_waits() ? ANSWER_OUTPUT : 0;
    answer->status = res->status >= 200 && res->status <= 599 ? (uint32_t)res->status : 500;
    answer->head = res->head_length;
    answer->sent = to->sent;
    answer->left = 0;
    if (!res->broken && !res->gone && response_pending(res)) {
        int error = tail_send(h, post, answer);
        if (error) {
            log_line(LOG_ERROR, "the rest of an answer cannot be given back: %s", strerror(-error));
            res->broken = true;
            answer->left = 0;
        } else {
            flags |= ANSWER_TAIL;
        }
    }
    flags |= res->gone ? ANSWER_GONE : 0;
    flags |= res->broken ? ANSWER_BROKEN : 0;
    flags |= request->keep && !res->close && !res->broken && !res->gone ? ANSWER_KEEP : 0;
    answer->flags = flags;
}

/* Runs the handler and sends. */
static void request_run(struct handling *h, struct delivery *d, struct wire_request *wire) {
    struct socgi_context *context = registry_at(h->registry, wire->plugin);
    struct socgi_request request = {.wire = *wire,
                                    .context = context,
                                    .spool = h->start->spool,
                                    .development = h->start->development != 0,
                                    .connection = d->connection,
                                    .body_fd = &d->body,
                                    .cache = &h->cache};
    /* A flush is the handler's own time; the turn is for what is left when it has returned. */
    struct respond to = {.connection = d->connection, .slot = d->slot, .turn = UINT64_MAX};
    response_begin(&h->response, &request, h->start->response_limit, respond_send, &to);
    int returned = context->manifest.plugin.handle(&request, &h->response);
    fflush(stdout);
    if (atomic_load_explicit(&h->box->shared->draining, memory_order_relaxed)) {
        wire->keep = request.wire.keep = 0;
    }
    answer_finish(&h->response, returned);
    to.turn = h->start->send_turn;
    (void)respond_send(&to, &h->response);
    answer_tell(h, &d->post, wire, &to, &d->slot->answer);
    response_end(&h->response);
    request_end(&request);
}

/* An answer after which the connection is simply kept can wait until the master looks. */
static void slot_done(struct handling *h, const struct delivery *d) {
    bool urgent = d->slot->answer.flags != ANSWER_KEEP;
    slot_finish(&d->slot->slot, d->post.sequence);
    if (doorbell_claim(&h->box->shared->bell, urgent)) {
        const uint64_t one = 1;
        ssize_t rung = write(HERITAGE_DOORBELL, &one, sizeof(one));
        (void)rung; /* it fails only when the counter is full: then the master has been rung */
    }
}

bool handling_run(struct handling *h, struct delivery *d) {
    struct wire_request request = {.fields = h->fields, .field_capacity = FIELDS_MAX};
    uint32_t size = d->slot->length;
    if (size > h->box->capacity || wire_request_unpack(&request, mailbox_request(h->box, d->post.slot), size) ||
        !registry_at(h->registry, request.plugin) || (request.body_kind == WIRE_BODY_FD) != (d->body >= 0)) {
        log_line(LOG_ERROR, "an invalid request from the master");
        return false;
    }
    request_run(h, d, &request);
    inbox_done(d);
    slot_done(h, d);
    return true;
}
