/* Requests that have come to a worker: handled, answered, and told of. */
#include "worker/handling.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/channel.h"
#include "wire/heritage.h"
#include "worker/answer.h"
#include "worker/deposit.h"
#include "worker/origin.h"
#include "worker/respond.h"
#include "worker/verdict.h"

enum { FIELDS_MAX = 10000 };

int handling_begin(struct handling *h) {
    h->response.text.fd = -1;
    h->mounts.fd = -1;
    h->fields = calloc(FIELDS_MAX, sizeof(*h->fields));
    return h->fields ? 0 : -ENOMEM;
}

void handling_end(struct handling *h) {
    response_free(&h->response);
    request_cache_free(&h->cache);
    free(h->fields);
    mounts_close(&h->mounts);
}

static int tail_send(struct handling *h, const struct wire_post *post, struct mailbox_answer *answer) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    struct wire_tail tail;
    int fds[CHANNEL_FDS_MAX];
    size_t count;
    int made;
    int error = respond_tail(&h->response, h->start->spool, &h->mounts, &tail, fds, &count, &made, &answer->left);
    if (!error) {
        tail.slot = post->slot;
        tail.sequence = post->sequence;
        long length = wire_tail_pack(&tail, message);
        error = length < 0 ? (int)length : channel_send(HERITAGE_CHANNEL, message, (size_t)length, fds, count);
    }
    fd_close(&made);
    return error;
}

/* Whether there is output for the master to read. It fails where the handler has closed stdout. */
static bool output_waits(struct handling *h) {
    int waits = turn_end(h->turn);
    if (waits < 0) {
        (void)custody_look(h->custody);
    }
    return waits > 0;
}

/* Without a connection: the answer goes where the request was. */
static uint32_t answer_lay(struct handling *h, const struct wire_post *post, struct mailbox_answer *answer) {
    struct socgi_response *res = &h->response;
    long lying = deposit_lay(res, mailbox_request(h->box, post->slot), h->box->capacity);
    if (lying < 0) {
        log_line(LOG_ERROR, "an answer cannot be given to the server: %s", strerror((int)-lying));
        res->broken = true;
        return 0;
    }
    answer->lying = (uint64_t)lying;
    return ANSWER_LIES;
}

/* Other processes of our user have so many descriptors on their way that ours cannot go: this one waits for its client
 * itself, as long as its handler may take. */
static void rest_send(struct respond *to, struct socgi_response *res) {
    to->turn = UINT64_MAX;
    while (!res->broken && !res->gone && response_pending(res)) {
        struct pollfd room = {.fd = to->connection, .events = POLLOUT};
        (void)poll(&room, 1, -1);
        (void)respond_send(to, res);
    }
}

/* What became of it, for the master. The tail goes before the slot is done. */
static void answer_tell(struct handling *h, const struct wire_post *post, const struct wire_request *request,
                        struct respond *to, struct mailbox_answer *answer) {
    struct socgi_response *res = &h->response;
    uint32_t flags = output_waits(h) ? ANSWER_OUTPUT : 0;
    answer->status = res->status >= 200 && res->status <= 599 ? (uint32_t)res->status : 500;
    answer->head = res->head_length;
    answer->sent = to->sent;
    answer->left = answer->lying = 0;
    if (res->held && !res->broken) {
        flags |= answer_lay(h, post, answer);
    }
    if (!res->broken && !res->gone && response_pending(res)) {
        int error = tail_send(h, post, answer);
        if (error == -ETOOMANYREFS && !res->held) {
            rest_send(to, res);
            answer->left = 0;
            answer->sent = to->sent;
        } else if (error) {
            log_line(LOG_ERROR, "the rest of an answer cannot be given back: %s", strerror(-error));
            res->broken = true;
            answer->left = 0;
            flags &= ~(uint32_t)ANSWER_LIES;
        } else {
            flags |= ANSWER_TAIL;
        }
    }
    flags |= res->gone ? ANSWER_GONE : 0;
    flags |= res->broken ? ANSWER_BROKEN : 0;
    flags |= request->keep && !res->close && !res->broken && !res->gone ? ANSWER_KEEP : 0;
    answer->flags = flags;
}

/* Whether the answer is another plugin's, of which the master is told. */
static bool forwards(const struct socgi_response *res, int returned) {
    return res->forward && !res->begun && returned >= 200 && returned <= 599;
}

static void forward_tell(struct handling *h, const struct wire_post *post, int returned,
                         struct mailbox_answer *answer) {
    long length = deposit_forward(&h->response, mailbox_request(h->box, post->slot), h->box->capacity);
    *answer = (struct mailbox_answer){.status = (uint32_t)returned,
                                      .flags = ANSWER_FORWARD | (output_waits(h) ? ANSWER_OUTPUT : 0)};
    answer->lying = length > 0 ? (uint64_t)length : 0;
    if (length <= 0) {
        answer->flags = ANSWER_BROKEN | (answer->flags & ANSWER_OUTPUT);
    }
}

/* Sends what a handler has made of it, as far as it goes, and tells the master of the rest. */
static void answer_send(struct handling *h, struct delivery *d, struct wire_request *wire, struct respond *to,
                        int returned) {
    if (atomic_load_explicit(&h->box->shared->draining, memory_order_relaxed)) {
        wire->keep = 0;
    }
    answer_finish(&h->response, returned);
    to->turn = h->start->send_turn;
    if (!h->response.held) {
        (void)respond_send(to, &h->response);
    }
    if (to->lost && custody_look(h->custody)) {
        custody_blame(h->custody, CUSTODY_CONNECTION, d->connection);
    }
    answer_tell(h, &d->post, wire, to, &d->slot->answer);
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
    h->response.coder = h->coder;
    h->response.held = d->connection < 0;
    custody_run(h->custody, wire->plugin);
    int returned = context->manifest.plugin.handle(&request, &h->response);
    if (origin_lost()) {
        origin_end(context->manifest.name);
    }
    fflush(stdout);
    if (forwards(&h->response, returned)) {
        forward_tell(h, &d->post, returned, &d->slot->answer);
    } else {
        answer_send(h, d, &request.wire, &to, returned);
    }
    response_end(&h->response);
    request_end(&request);
}

static void bell_ring(void) {
    const uint64_t one = 1;
    ssize_t rung = write(HERITAGE_DOORBELL, &one, sizeof(one));
    (void)rung; /* it fails when the counter is full: then the master has been rung */
}

/* An answer after which the connection is simply kept can wait until the master looks. */
static void slot_done(struct handling *h, const struct delivery *d) {
    bool urgent = d->slot->answer.flags != ANSWER_KEEP;
    slot_finish(&d->slot->slot, d->post.sequence);
    if (doorbell_claim(&h->box->shared->bell, urgent)) {
        bell_ring();
    }
}

/* Says why, before anything tells the master that the worker leaves. */
static void leave_say(struct handling *h, const char *verdict, const char *rest) {
    char text[FAREWELL_SIZE];
    snprintf(text, sizeof(text), "%.*s%s", FAREWELL_SIZE - 64, verdict, rest);
    farewell_say(&h->box->shared->farewell, text);
    atomic_store(&h->box->shared->leaving, 1);
}

static void leave_begin(struct handling *h, const char *rest) {
    char verdict[FAREWELL_SIZE];
    verdict_write(h->custody, verdict, sizeof(verdict) - 64);
    leave_say(h, verdict, rest);
}

static void give_back(struct handling *h, const struct delivery *d, const char *verdict) {
    leave_say(h, verdict, ": a request goes to another worker, and this one ends");
    slot_return(&d->slot->slot, d->post.sequence);
    bell_ring();
}

void handling_return(struct handling *h, const struct delivery *d) {
    char verdict[FAREWELL_SIZE];
    verdict_write(h->custody, verdict, sizeof(verdict) - 64);
    give_back(h, d, verdict);
}

void handling_decline(struct handling *h, const struct delivery *d) {
    give_back(h, d, "a thread that a plugin has left here ends the process");
}

static const char *label_name(const struct handling *h, uint32_t label) {
    const struct socgi_context *context = label > 0 ? registry_at(h->registry, label - 1) : NULL;
    return context ? context->manifest.name : NULL;
}

/* What is printed without end is in the way of every other plugin's lines. */
static void flood_verdict(const struct handling *h, char verdict[FAREWELL_SIZE]) {
    const char *last = label_name(h, h->turn->label);
    const char *before = label_name(h, h->turn->before);
    snprintf(verdict, FAREWELL_SIZE, "what %s%s%s has started here prints without end", last ? last : "a plugin",
             before ? " or " : "", before ? before : "");
}

bool handling_look(struct handling *h) {
    char verdict[FAREWELL_SIZE];
    origin_reap();
    if (!custody_look(h->custody)) {
        verdict_write(h->custody, verdict, sizeof(verdict) - 64);
    } else if (turn_flooded(h->turn)) {
        flood_verdict(h, verdict);
    } else {
        return true;
    }
    leave_say(h, verdict, ": this worker ends");
    bell_ring();
    return false;
}

enum handling_result handling_run(struct handling *h, struct delivery *d) {
    struct wire_request request = {.fields = h->fields, .field_capacity = FIELDS_MAX};
    uint32_t size = d->slot->length;
    if (size > h->box->capacity || wire_request_unpack(&request, mailbox_request(h->box, d->post.slot), size) ||
        !registry_at(h->registry, request.plugin) || (request.body_kind == WIRE_BODY_FD) != (d->body >= 0)) {
        log_line(LOG_ERROR, "an invalid request from the master");
        return HANDLING_BROKEN;
    }
    if (!turn_begin(h->turn, request.plugin + 1)) {
        char verdict[FAREWELL_SIZE];
        flood_verdict(h, verdict);
        give_back(h, d, verdict);
        return HANDLING_LEAVE;
    }
    h->plugin = request.plugin;
    request_run(h, d, &request);
    inbox_done(d);
    if (h->custody->fault) {
        leave_begin(h, ": this worker ends");
    }
    slot_done(h, d);
    return h->custody->fault ? HANDLING_LEAVE : HANDLING_DONE;
}
