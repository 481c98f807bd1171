/* The worker process. */
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "wire/heritage.h"
#include "worker/confine.h"
#include "worker/crash.h"
#include "worker/custody.h"
#include "worker/departure.h"
#include "worker/handling.h"
#include "worker/inbox.h"
#include "worker/keeping.h"
#include "worker/origin.h"
#include "worker/parent.h"
#include "worker/registry.h"
#include "worker/rest.h"

struct worker {
    worker_enclose *enclose;
    struct mailbox box;
    struct wire_start start; /* points into start_message */
    unsigned char start_message[CHANNEL_MESSAGE_MAX];
    struct registry registry;
    struct custody custody;
    struct turn turn;
    struct inbox inbox;
    struct handling handling;
    struct keeping keeping;
    struct rest rest;
};

/* ---- Its start ---- */

/* Whose sandbox tells what it denies tells the master, who is not in it. */
static int enclosed(struct worker *w) {
    int denials = -1;
    int error = w->start.sandbox ? w->enclose(&w->start, &denials) : 0;
    return error || denials < 0 ? error : master_hears(&denials);
}

/* False: there is nothing to work with. */
static bool begin(struct worker *w) {
    int error = master_told(&w->start, w->start_message);
    if (error == -ENODATA) {
        return false;
    }
    error = error ? error : mailbox_open(&w->box, HERITAGE_MAILBOX);
    error = error ? error : crash_watch(&w->box.shared->crash);
    error = error ? error : departure_watch();
    error = error ? error : confine(&w->start);
    error = error ? error : enclosed(w);
    error = error ? error : keeping_begin(&w->keeping, w->start.first != 0);
    if (!error) {
        log_set_level((enum log_level)w->start.log_level);
        origin_begin();
        turn_open(&w->turn, &w->box.shared->marks);
        w->registry.keeping = &w->keeping;
        error = registry_load(&w->registry, &w->start, master_tell, NULL);
        (void)turn_end(&w->turn); /* what was printed so far is nobody's */
    }
    error = error ? error : custody_begin(&w->custody, &w->registry);
    if (error && error != -EPIPE) {
        log_line(LOG_ERROR, "cannot start: %s", strerror(-error));
    }
    return !error;
}

static uint32_t idle(void *data) {
    struct worker *w = data;
    uint32_t look = keeping_idle(&w->keeping);
    uint32_t next = look == 0 ? 0 : rest_look(&w->rest);
    return next < look ? next : look;
}

/* And what it has left in the process is looked after. */
static enum handling_result request_serve(struct worker *w, struct delivery *delivery) {
    if (!departure_hold()) {
        handling_decline(&w->handling, delivery);
        departure_await();
    }
    enum handling_result result = handling_run(&w->handling, delivery);
    departure_release();
    rest_over(&w->rest);
    return result == HANDLING_DONE && !keeping_handled(&w->keeping, w->handling.plugin) ? HANDLING_LEAVE : result;
}

/* What comes next. HANDLING_LEAVE: nothing. */
static enum handling_result serve_one(struct worker *w) {
    struct delivery delivery;
    switch (inbox_next(&w->inbox, &delivery)) {
    case INBOX_REQUEST:
        return request_serve(w, &delivery);
    case INBOX_IDLE:
        return handling_look(&w->handling) ? HANDLING_DONE : HANDLING_LEAVE;
    case INBOX_SPOILED:
        handling_return(&w->handling, &delivery);
        return HANDLING_LEAVE;
    case INBOX_ENDED:
        return HANDLING_LEAVE;
    case INBOX_BROKEN:
        break;
    }
    return HANDLING_BROKEN;
}

/* Until there is nothing to come. The exit status. */
static int serve(struct worker *w) {
    enum handling_result result = HANDLING_DONE;
    rest_begin(&w->rest, &w->registry, &w->turn);
    inbox_begin(&w->inbox, &w->box, &w->custody, idle, w);
    while (result == HANDLING_DONE) {
        result = serve_one(w);
    }
    inbox_end(&w->inbox);
    return result == HANDLING_LEAVE ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- The process ---- */

/* A registry_ending: the master can tell whose fini does not end. */
static void plugin_ending(void *data, size_t index) {
    struct worker *w = data;
    if (w->box.shared) {
        (void)turn_begin(&w->turn, index < w->registry.count ? (uint32_t)index + 1 : 0);
        atomic_store(&w->box.shared->farewell.fini, (uint32_t)index + 1);
    }
}

/* The mailbox stays, for a crash on the way out is told there. */
static void worker_free(struct worker *w) {
    registry_end(&w->registry, plugin_ending, w);
    handling_end(&w->handling);
    custody_end(&w->custody);
    keeping_end(&w->keeping);
    free(w);
}

int worker_main(pid_t master, worker_enclose *enclose, const struct coder *coder) {
    struct worker *w = calloc(1, sizeof(*w));
    if (!w) {
        return EXIT_FAILURE;
    }
    w->enclose = enclose;
    int status = EXIT_FAILURE;
    w->handling = (struct handling){.coder = coder,
                                    .start = &w->start,
                                    .box = &w->box,
                                    .registry = &w->registry,
                                    .custody = &w->custody,
                                    .turn = &w->turn};
    if (handling_begin(&w->handling) == 0 && master_follow(master) && begin(w)) {
        status = serve(w);
    }
    worker_free(w);
    departure_own();
    return status;
}
