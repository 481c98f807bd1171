/* The worker process. */
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/channel.h"
#include "wire/heritage.h"
#include "wire/mailbox.h"
#include "wire/message.h"
#include "wire/request.h"
#include "worker/answer.h"
#include "worker/confine.h"
#include "worker/crash.h"
#include "worker/inbox.h"
#include "worker/registry.h"
#include "worker/request.h"
#include "worker/respond.h"
#include "worker/response.h"

enum { FIELDS_MAX = 10000 };

struct worker {
    struct mailbox box;
    struct wire_start start; /* points into start_message */
    unsigned char start_message[CHANNEL_MESSAGE_MAX];
    struct registry registry;
    struct inbox inbox;
    struct request_cache cache;
    struct socgi_response response;
    struct wire_field *fields;
};

/* ---- One request ---- */

static int tail_send(struct worker *w, const struct wire_post *post, struct mailbox_answer *answer) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    struct wire_tail tail;
    int fds[CHANNEL_FDS_MAX];
    size_t count;
    int made;
    int error = respond_tail(&w->response, w->start.spool, &tail, fds, &count, &made, &answer->left);
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
static void answer_tell(struct worker *w, const struct wire_post *post, const struct wire_request *request,
                        const struct respond *to, struct mailbox_answer *answer) {
    struct socgi_response *res = &w->response;
    uint32_t flags = output_waits() ? ANSWER_OUTPUT : 0;
    answer->status = res->status >= 200 && res->status <= 599 ? (uint32_t)res->status : 500;
    answer->head = res->head_length;
    answer->sent = to->sent;
    answer->left = 0;
    if (!res->broken && !res->gone && response_pending(res)) {
        int error = tail_send(w, post, answer);
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
static void request_run(struct worker *w, struct delivery *d, struct wire_request *wire) {
    struct socgi_context *context = registry_at(&w->registry, wire->plugin);
    struct socgi_request request = {.wire = *wire,
                                    .context = context,
                                    .spool = w->start.spool,
                                    .development = w->start.development != 0,
                                    .connection = d->connection,
                                    .body_fd = &d->body,
                                    .cache = &w->cache};
    /* A flush is the handler's own time; the turn is for what is left when it has returned. */
    struct respond to = {.connection = d->connection, .slot = d->slot, .turn = UINT64_MAX};
    response_begin(&w->response, &request, w->start.response_limit, respond_send, &to);
    int returned = context->manifest.plugin.handle(&request, &w->response);
    fflush(stdout);
    if (atomic_load_explicit(&w->box.shared->draining, memory_order_relaxed)) {
        wire->keep = request.wire.keep = 0;
    }
    answer_finish(&w->response, returned);
    to.turn = w->start.send_turn;
    (void)respond_send(&to, &w->response);
    answer_tell(w, &d->post, wire, &to, &d->slot->answer);
    response_end(&w->response);
    request_end(&request);
}

/* An answer after which the connection is simply kept can wait until the master looks. */
static void slot_done(struct worker *w, const struct delivery *d) {
    bool urgent = d->slot->answer.flags != ANSWER_KEEP;
    slot_finish(&d->slot->slot, d->post.sequence);
    if (doorbell_claim(&w->box.shared->bell, urgent)) {
        const uint64_t one = 1;
        ssize_t rung = write(HERITAGE_DOORBELL, &one, sizeof(one));
        (void)rung; /* it fails only when the counter is full: then the master has been rung */
    }
}

/* False: the master has broken the protocol. */
static bool request_answer(struct worker *w, struct delivery *d) {
    struct wire_request request = {.fields = w->fields, .field_capacity = FIELDS_MAX};
    uint32_t size = d->slot->length;
    if (size > w->box.capacity || wire_request_unpack(&request, mailbox_request(&w->box, d->post.slot), size) ||
        !registry_at(&w->registry, request.plugin) || (request.body_kind == WIRE_BODY_FD) != (d->body >= 0)) {
        log_line(LOG_ERROR, "an invalid request from the master");
        return false;
    }
    request_run(w, d, &request);
    inbox_done(d);
    slot_done(w, d);
    return true;
}

/* ---- Its start ---- */

static int tell(void *data, const unsigned char *message, long length) {
    (void)data;
    return length < 0 ? (int)length : channel_send(HERITAGE_CHANNEL, message, (size_t)length, NULL, 0);
}

/* False: there is nothing to work with. */
static bool begin(struct worker *w) {
    int fds[CHANNEL_FDS_MAX];
    size_t count;
    ssize_t length = channel_receive(HERITAGE_CHANNEL, w->start_message, sizeof(w->start_message), fds, &count);
    if (length <= 0) {
        return false;
    }
    int error = wire_start_unpack(&w->start, w->start_message, (size_t)length);
    error = error ? error : mailbox_open(&w->box, HERITAGE_MAILBOX);
    error = error ? error : crash_watch(&w->box.shared->crash);
    error = error ? error : confine(&w->start);
    if (!error) {
        log_set_level((enum log_level)w->start.log_level);
        error = registry_load(&w->registry, &w->start, tell, NULL);
    }
    if (error && error != -EPIPE) {
        log_line(LOG_ERROR, "cannot start: %s", strerror(-error));
    }
    return !error;
}

/* Until there is nothing to come. The exit status. */
static int serve(struct worker *w) {
    struct delivery delivery;
    inbox_begin(&w->inbox, &w->box);
    for (;;) {
        enum inbox_result result = inbox_next(&w->inbox, &delivery);
        if (result == INBOX_ENDED) {
            inbox_end(&w->inbox);
            return EXIT_SUCCESS;
        }
        if (result == INBOX_BROKEN || !request_answer(w, &delivery)) {
            return EXIT_FAILURE;
        }
    }
}

/* ---- The process ---- */

/* Dies with its master. False: that has happened already. */
static bool process_setup(pid_t master) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != master) {
        return false;
    }
    prctl(PR_SET_NAME, "socgi-worker");
    signal(SIGPIPE, SIG_IGN); /* sendfile to a client that has gone */
    setvbuf(stdout, NULL, _IOLBF, 0);
    fcntl(HERITAGE_CHANNEL, F_SETFD, FD_CLOEXEC); /* whatever a plugin starts inherits none of these */
    fcntl(HERITAGE_MAILBOX, F_SETFD, FD_CLOEXEC);
    fcntl(HERITAGE_DOORBELL, F_SETFD, FD_CLOEXEC);
    return true;
}

static void worker_free(struct worker *w) {
    registry_end(&w->registry);
    response_free(&w->response);
    request_cache_free(&w->cache);
    mailbox_close(&w->box);
    free(w->fields);
    free(w);
}

int worker_main(pid_t master) {
    struct worker *w = calloc(1, sizeof(*w));
    if (!w) {
        return EXIT_FAILURE;
    }
    w->response.text.fd = -1;
    w->fields = calloc(FIELDS_MAX, sizeof(*w->fields));
    int status = EXIT_FAILURE;
    if (w->fields && process_setup(master) && begin(w)) {
        status = serve(w);
    }
    worker_free(w);
    return status;
}
