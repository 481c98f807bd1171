/* A request and its answer, moved together, so that neither waits for the other. */
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "answer.h"
#include "params.h"
#include "record.h"
#include "upload.h"

enum {
    STEP = 65536,  /* bytes read at once */
    PAUSE_MS = 50, /* without output, what there is is sent on */
    LOOK_MS = 1000 /* between looks at the client */
};

/* How it has ended. */
enum outcome {
    OUTCOME_GOING,
    OUTCOME_ENDED, /* by its last record */
    OUTCOME_BAD,   /* what comes cannot be used */
    OUTCOME_LOST,  /* the connection is */
    OUTCOME_LATE,
    OUTCOME_GONE /* the client has */
};

struct relay {
    const struct settings *settings;
    struct link *link;
    struct upload upload;
    struct record_reader reader;
    struct answer answer;
    char *buffer; /* STEP bytes */
    bool heard;   /* something has come */
    bool clean;   /* and nothing behind the end */
    int error;    /* that the connection was lost by; 0: it was closed */
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

/* ---- What comes ---- */

static enum outcome bytes_take(struct relay *r, const char *data, size_t length) {
    while (length > 0 && !r->answer.bad) {
        size_t used, at, count;
        enum record_result result = record_read(&r->reader, data, length, &used, &at, &count);
        if (result == RECORD_DATA) {
            answer_take(&r->answer, data + at, count);
        } else if (result == RECORD_WORDS) {
            answer_words(&r->answer, data + at, count);
        } else if (result == RECORD_ENDED) {
            r->clean = used == length && upload_done(&r->upload);
            return OUTCOME_ENDED;
        } else if (result == RECORD_BAD) {
            r->answer.bad = "something that is not FastCGI";
        }
        data += used;
        length -= used;
    }
    return r->answer.bad ? OUTCOME_BAD : OUTCOME_GOING;
}

static enum outcome input_move(struct relay *r) {
    ssize_t n = recv(r->link->fd, r->buffer, STEP, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return OUTCOME_GOING;
    }
    if (n <= 0) {
        r->error = n < 0 ? errno : 0;
        return OUTCOME_LOST;
    }
    r->heard = true;
    return bytes_take(r, r->buffer, (size_t)n);
}

/* Who answers before it has read all may close before it has, too: what it has said is read before that counts. */
static enum outcome output_move(struct relay *r) {
    int error = upload_send(&r->upload, r->link->fd);
    if (error) {
        enum outcome outcome = OUTCOME_GOING;
        while (outcome == OUTCOME_GOING) {
            struct pollfd wait = {.fd = r->link->fd, .events = POLLIN};
            outcome = poll(&wait, 1, 0) > 0 ? input_move(r) : OUTCOME_LOST;
        }
        r->error = outcome == OUTCOME_LOST ? -error : r->error;
        return outcome;
    }
    return OUTCOME_GOING;
}

/* ---- All together ---- */

static enum outcome relay_step(struct relay *r, int64_t left) {
    struct pollfd wait = {.fd = r->link->fd, .events = upload_done(&r->upload) ? POLLIN : POLLIN | POLLOUT};
    bool pause = answer_waits(&r->answer);
    int n = poll(&wait, 1, (int)(pause && left > PAUSE_MS ? PAUSE_MS : left));
    if (n == 0) {
        answer_flush(&r->answer);
    }
    if (n > 0 && wait.revents & ~POLLOUT) {
        return input_move(r);
    }
    return n > 0 ? output_move(r) : OUTCOME_GOING;
}

static enum outcome relay_go(struct relay *r, const struct socgi_request *req, int64_t deadline) {
    enum outcome outcome = output_move(r);
    int64_t looked = now_ms();
    while (outcome == OUTCOME_GOING) {
        int64_t now = now_ms();
        if (now >= deadline) {
            return OUTCOME_LATE;
        }
        if (now - looked >= LOOK_MS) {
            looked = now;
            if (socgi_client_gone(req)) {
                return OUTCOME_GONE;
            }
        }
        outcome = relay_step(r, deadline - now < LOOK_MS ? deadline - now : LOOK_MS);
    }
    return outcome;
}

/* Between two records of ours: the responder is told that nobody waits. It may not listen; then the end of the
 * connection tells it. */
static void relay_abort(const struct relay *r) {
    unsigned char record[RECORD_HEAD];
    if (upload_done(&r->upload)) {
        record_head(record, RECORD_ABORT, 0);
        (void)!send(r->link->fd, record, sizeof(record), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

/* ---- What it comes to ---- */

static int end_answer(struct relay *r) {
    struct answer *a = &r->answer;
    switch (r->reader.status) {
    case RECORD_COMPLETE:
        break;
    case RECORD_OVERLOADED:
    case RECORD_CANNOT_MULTIPLEX:
        return answer_give_up(a, 503, "takes no more requests now");
    case RECORD_UNKNOWN_ROLE:
        return answer_give_up(a, 502, "is no responder: it does not know that role");
    default:
        return answer_give_up(a, 502, "its answer is not taken: it ends with an unknown status");
    }
    if (!a->status) {
        const char *why = socgi_format(a->req, "ended with status %u before its answer's head", r->reader.app_status);
        return answer_give_up(a, 502, why ? why : "ended before its answer's head");
    }
    if (r->reader.app_status != 0) {
        socgi_log(SOCGI_LOG_NOTICE, "%s: ended with status %u", a->name, r->reader.app_status);
    }
    return a->status;
}

static int relay_answer(struct relay *r, enum outcome outcome) {
    struct answer *a = &r->answer;
    const char *why = NULL;
    switch (outcome) {
    case OUTCOME_ENDED:
        return end_answer(r);
    case OUTCOME_GONE:
        return answer_give_up(a, 499, "the client has gone");
    case OUTCOME_LATE:
        why = socgi_format(a->req, "no whole answer after %d seconds, its time limit", r->settings->seconds);
        return answer_give_up(a, 504, why ? why : "no whole answer at its time limit");
    case OUTCOME_LOST:
        why = socgi_format(a->req, "the responder has closed the connection before its answer's end%s%s",
                           r->error ? ": " : "", r->error ? strerror(r->error) : "");
        break;
    default:
        why = socgi_format(a->req, "its answer is not taken: it has %s", a->bad ? a->bad : "an error");
    }
    return answer_give_up(a, 502, why ? why : "its answer is not taken");
}

/* Whether carrying it out twice comes to the same: RFC 9110 section 9.2.2. */
static bool repeatable(const struct socgi_request *req) {
    const char *method = socgi_method(req);
    return strcmp(method, "POST") != 0 && strcmp(method, "PATCH") != 0;
}

static int relay_refused(struct relay *r, int error) {
    const char *why = socgi_format(r->answer.req, "no connection with %s: %s", r->settings->socket,
                                   error == -EAGAIN ? "its queue is full" : strerror(-error));
    return answer_give_up(&r->answer, error == -EAGAIN ? 503 : 502, why ? why : "no connection with the responder");
}

/* On a kept connection that was closed meanwhile it is tried once more on a new one: nothing of the request has been
 * sent, or nothing of an answer has come and it may be repeated. */
static enum outcome relay_try(struct relay *r, const struct upload *whole, int64_t deadline, int *error) {
    const struct socgi_request *req = r->answer.req;
    for (;;) {
        *error = link_take(r->link, r->settings);
        if (*error) {
            return OUTCOME_LOST;
        }
        r->upload = *whole;
        enum outcome outcome = relay_go(r, req, deadline);
        bool again = outcome == OUTCOME_LOST && r->link->used && !r->heard && (r->upload.sent == 0 || repeatable(req));
        if (!again) {
            return outcome;
        }
        link_close(r->link);
    }
}

int relay_run(const struct socgi_request *req, struct socgi_response *res, const struct settings *settings,
              const struct script *script, struct link *link) {
    struct relay r = {.settings = settings, .link = link, .buffer = socgi_alloc(req, STEP)};
    size_t body_length, length = 0;
    const char *body = socgi_body(req, &body_length);
    int error = answer_begin(&r.answer, req, res, script->filename ? script->filename : settings->socket);
    if (error || !r.buffer || !body) {
        return -ENOMEM;
    }
    const unsigned char *begin = params_make(req, settings, script, body_length, &length);
    if (!begin) {
        return -ENOMEM;
    }
    struct upload whole;
    upload_begin(&whole, begin, length, body, body_length);
    enum outcome outcome = relay_try(&r, &whole, now_ms() + settings->seconds * (int64_t)1000, &error);
    if (outcome == OUTCOME_GONE || outcome == OUTCOME_LATE) {
        relay_abort(&r);
    }
    link->used = true;
    if (!settings->keep || outcome != OUTCOME_ENDED || !r.clean || r.reader.status != RECORD_COMPLETE) {
        link_close(link);
    }
    answer_words_end(&r.answer);
    return error ? relay_refused(&r, error) : relay_answer(&r, outcome);
}
