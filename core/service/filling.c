/* Answers of plugins that are cached. */
#include "service/filling.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cache/ask.h"
#include "cache/field.h"
#include "client/advance.h"
#include "client/exchange.h"
#include "pool/plugin.h"
#include "service/given.h"
#include "service/service.h"
#include "service/ticket.h"
#include "wire/forget_field.h"

/* The rest of the body behind what lies in the text. 0, or -errno. */
static int tail_read(const struct answer *a, struct buffer *body) {
    for (uint32_t i = 0; a->tail && i < a->tail->count; i++) {
        const struct wire_segment *s = &a->tail->segments[i];
        if (s->fd >= a->fd_count || s->length > a->left || buffer_reserve(body, s->length)) {
            return -EIO;
        }
        for (uint64_t done = 0; done < s->length;) {
            ssize_t n = pread(a->fds[s->fd], body->data + body->length, s->length - done, (off_t)(s->offset + done));
            if (n <= 0) {
                return -EIO;
            }
            body->length += (size_t)n;
            done += (uint64_t)n;
        }
    }
    return 0;
}

/* False: it is too long to be kept, or cannot be read. */
static bool body_read(const struct ticket *t, const struct answer *a, struct buffer *body) {
    uint64_t here = a->text->length - a->head;
    if (here + a->left > ticket_service(t)->cache.body_limit) {
        return false;
    }
    int error = buffer_reserve(body, (size_t)(here + a->left) + 1);
    error = error ? error : buffer_append(body, a->text->data + a->head, here);
    error = error ? error : tail_read(a, body);
    if (error || body->length != here + a->left) {
        buffer_free(body);
        return false;
    }
    return true;
}

/* As it has come, and says how. */
static void answer_send(struct ticket *t, const struct answer *a, const struct cache_told *told) {
    struct buffer text = {0};
    struct answer with = *a;
    enum { END = 2 }; /* of the empty line */
    int error = buffer_append(&text, a->text->data, a->head - END);
    error = error ? error : cache_status_line(&text, told, NULL, ticket_now(t));
    with.head = text.length + END;
    error = error ? error : buffer_append(&text, a->text->data + a->head - END, a->text->length - a->head + END);
    if (!error) {
        with.text = &text;
        buffer_free(a->text);
    }
    connection_answered(t->exchange->connection, error ? a : &with);
    buffer_free(&text);
}

static struct policy_answer policy_answer_of(const struct ticket *t, const struct answer *a) {
    return (struct policy_answer){.status = a->status,
                                  .fields = a->text->data,
                                  .length = a->head,
                                  .now = ticket_now(t),
                                  .seconds = clock_seconds(),
                                  .fresh = t->job.plugin->caching.fresh_ms * NS_PER_MS};
}

static void descriptors_close(const struct answer *a) {
    for (size_t i = 0; i < a->fd_count; i++) {
        int fd = a->fds[i];
        fd_drop(&fd);
    }
}

/* A failure that what is kept may hide: RFC 5861 section 4. */
static bool error_hidden(struct ticket *t, const struct answer *a, const struct ask *ask) {
    struct kept *k = t->visit.kept;
    bool failure = a->status == 500 || a->status == 502 || a->status == 503 || a->status == 504;
    if (!failure || !k || k->policy.if_error == 0 ||
        !policy_stands_in(&k->policy, ask, k->policy.if_error, ticket_now(t))) {
        return false;
    }
    ticket_counters(t)->stale++;
    descriptors_close(a);
    buffer_free(a->text);
    given_answer(t, k, &(struct cache_told){.forward_status = a->status, .detail = "error"});
    return true;
}

/* Kept if it may be, and given to its client as it would be to others. False: it is to be sent as it has come. */
static bool answer_fill(struct ticket *t, const struct answer *a, const struct ask *ask) {
    struct plugin_service *service = ticket_service(t);
    struct visit *v = &t->visit;
    const struct kept_owner owner = given_owner(t);
    const struct policy_answer answer = policy_answer_of(t, a);
    struct buffer body = {0};
    if (!body_read(t, a, &body)) {
        return false;
    }
    struct cache_filled filled = cache_fill(&service->cache, v, &answer, &body, ask, &owner);
    buffer_free(&body);
    if (!filled.kept) {
        return false;
    }
    descriptors_close(a);
    buffer_free(a->text);
    if (!filled.stored) {
        cache_refuse(&service->cache, ask, &owner, answer.now);
        given_answer(t, filled.kept, &(struct cache_told){.forward = v->forward, .detail = filled.why});
    } else {
        given_answer(
            t, filled.kept,
            &(struct cache_told){.forward = v->forward, .forward_status = filled.confirmed ? 304 : 0, .stored = true});
    }
    kept_drop(filled.kept);
    return true;
}

void filling_take(struct ticket *t, const struct answer *a) {
    struct plugin_service *service = ticket_service(t);
    struct connection *c = t->exchange->connection;
    struct visit *v = &t->visit;
    struct ask ask;
    given_ask(t, &ask);
    bool safe = ask.request->method == METHOD_GET || ask.request->method == METHOD_HEAD ||
                ask.request->method == METHOD_OPTIONS;
    if (!safe && a->status < 400) {
        cache_changed(&service->cache, &ask, a->text->data, a->head);
    }
    if (v->word == CACHE_FILL && error_hidden(t, a, &ask)) {
        connection_advance(c);
        return;
    }
    if (v->word == CACHE_FILL && answer_fill(t, a, &ask)) {
        connection_advance(c);
        return;
    }
    if (v->word == CACHE_FILL) {
        const struct kept_owner owner = given_owner(t);
        cache_refuse(&service->cache, &ask, &owner, ticket_now(t));
        v->detail = "size";
    }
    answer_send(t, a, &(struct cache_told){.forward = v->forward, .detail = v->detail});
}

void filling_forget(struct ticket *t, struct answer *a) {
    struct field f;
    for (const char *at = a->text->data; field_next(&at, a->text->data + a->head, &f);) {
        if (field_named(&f, forget_field)) {
            size_t from = (size_t)(f.line - a->text->data);
            cache_purge_path_of(&ticket_service(t)->cache, given_owner(t).name, f.value, f.value_length);
            memmove(a->text->data + from, a->text->data + from + f.length, a->text->length - from - f.length + 1);
            a->text->length -= f.length;
            a->head -= f.length;
            at = a->text->data + from;
        }
    }
}
