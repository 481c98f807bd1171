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
#include "wire/channel.h"
#include "wire/heritage.h"
#include "wire/mailbox.h"
#include "wire/message.h"
#include "worker/confine.h"
#include "worker/crash.h"
#include "worker/handling.h"
#include "worker/inbox.h"
#include "worker/registry.h"

struct worker {
    struct mailbox box;
    struct wire_start start; /* points into start_message */
    unsigned char start_message[CHANNEL_MESSAGE_MAX];
    struct registry registry;
    struct inbox inbox;
    struct handling handling;
};

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
        if (result == INBOX_BROKEN || !handling_run(&w->handling, &delivery)) {
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
    handling_end(&w->handling);
    mailbox_close(&w->box);
    free(w);
}

int worker_main(pid_t master) {
    struct worker *w = calloc(1, sizeof(*w));
    if (!w) {
        return EXIT_FAILURE;
    }
    int status = EXIT_FAILURE;
    if (handling_begin(&w->handling, &w->start, &w->box, &w->registry) == 0 && process_setup(master) && begin(w)) {
        status = serve(w);
    }
    worker_free(w);
    return status;
}
