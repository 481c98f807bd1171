/* The answer that a responder gives. */
#include "answer.h"

#include <errno.h>
#include <string.h>

#include "head.h"

enum { FLUSH_BYTES = 65536 }; /* are sent on, also while more comes */

int answer_begin(struct answer *a, const struct socgi_request *req, struct socgi_response *res, const char *name) {
    *a = (struct answer){.req = req, .res = res, .name = name, .head = socgi_alloc(req, HEAD_MAX)};
    return a->head ? 0 : -ENOMEM;
}

/* ---- Its words for the log ---- */

void answer_words_end(struct answer *a) {
    if (a->line_length > 0) {
        socgi_log(SOCGI_LOG_WARNING, "%s: %.*s", a->name, (int)a->line_length, a->line);
        a->line_length = 0;
    }
}

void answer_words(struct answer *a, const char *data, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n' || a->line_length == sizeof(a->line)) {
            answer_words_end(a);
        }
        if (data[i] != '\n') {
            a->line[a->line_length++] = data[i];
        }
    }
}

/* ---- Its head ---- */

static void head_give(struct answer *a, const struct head *head) {
    a->status = head->status;
    if (head->local) {
        a->bad = socgi_forward(a->res, head->location) < 0 ? "a Location that is no path" : NULL;
        return;
    }
    if (head->type) {
        (void)socgi_set_type(a->res, head->type);
    }
    if (head->location) {
        (void)socgi_set_header(a->res, "Location", head->location);
    }
    if (head->length && strcmp(socgi_method(a->req), "HEAD") == 0) {
        (void)socgi_set_header(a->res, "Content-Length", head->length);
    }
    for (size_t i = 0; i < head->count; i++) {
        if (socgi_add_header(a->res, head->fields[i].name, head->fields[i].value)) {
            socgi_log(SOCGI_LOG_NOTICE, "%s: its field %s is left out: it is the server's", a->name,
                      head->fields[i].name);
        }
    }
}

static void head_take(struct answer *a, size_t length) {
    struct head *head = socgi_alloc(a->req, sizeof(*head));
    if (!head) {
        a->bad = "no memory";
    } else if (head_parse(head, a->head, length, &a->bad) == 0) {
        head_give(a, head);
    }
}

/* ---- Its body ---- */

static void body_take(struct answer *a, const char *data, size_t length) {
    int error = length > 0 ? socgi_write(a->res, data, length) : 0;
    if (error) {
        a->bad = error == -EFBIG ? "more than the server's response_limit" : strerror(-error);
    }
    a->unsent += length;
    if (a->unsent >= FLUSH_BYTES) {
        answer_flush(a);
    }
}

void answer_take(struct answer *a, const char *data, size_t length) {
    if (a->status) {
        body_take(a, data, length);
        return;
    }
    size_t room = HEAD_MAX - a->head_length;
    size_t n = length < room ? length : room;
    memcpy(a->head + a->head_length, data, n);
    a->head_length += n;
    size_t end = head_end(a->head, a->head_length);
    if (end == 0) {
        a->bad = a->head_length == HEAD_MAX ? "a head of more than 64 KiB" : NULL;
        return;
    }
    size_t behind = a->head_length - end; /* of what has just come, for before there was no end */
    head_take(a, end);
    if (!a->bad) {
        body_take(a, data + n - behind, length - n + behind);
    }
}

bool answer_waits(const struct answer *a) {
    return a->status && a->unsent > 0;
}

void answer_flush(struct answer *a) {
    if (answer_waits(a) && !a->bad) {
        a->flushed = true;
        a->unsent = 0;
        (void)socgi_flush(a->res, a->status);
    }
}

int answer_give_up(struct answer *a, int status, const char *why) {
    socgi_log(SOCGI_LOG_ERROR, "%s: %s", a->name, why);
    if (a->flushed) {
        return -EIO; /* what is out cannot be taken back */
    }
    (void)socgi_reset(a->res);
    if (status == 503) {
        (void)socgi_set_header(a->res, "Retry-After", "1");
    }
    return socgi_problem(a->req, a->res, status, "The program that answers here %s.",
                         status == 504   ? "took too long"
                         : status == 503 ? "has too much to do now"
                                         : "gave no proper answer");
}
