/* What a request gets of a kept answer. */
#include "cache/reply.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "cache/ask.h"
#include "cache/field.h"
#include "cache/kept.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/head.h"
#include "http/range.h"
#include "http/status.h"

/* What a 304 repeats: RFC 9110 section 15.4.5. */
#define CONFIRMING "Cache-Control CDN-Cache-Control Content-Location ETag Expires Last-Modified Vary Set-Cookie"

/* The part of the body that is wanted. */
struct part {
    bool is;
    struct http_range range;
};

/* Of a whole answer alone: 200, 206, 304, 412 or 416; else its own. */
static int status_choose(const struct kept *k, const struct ask *ask, int64_t now, struct part *part) {
    *part = (struct part){0};
    if (k->status != 200) {
        return k->status;
    }
    struct http_conditional c = {.if_match = ask->if_match,
                                 .if_none_match = ask->if_none_match,
                                 .if_modified_since = ask->if_modified_since,
                                 .if_unmodified_since = ask->if_unmodified_since,
                                 .if_range = ask->if_range,
                                 .get_or_head = true,
                                 .etag = k->etag,
                                 .now = now};
    if (k->modified && http_date_parse(k->modified, now, &c.modified)) {
        c.modified = 0;
    }
    int status = http_precondition(&c);
    if (status || !ask->range || ask->request->method != METHOD_GET || !http_if_range(&c)) {
        return status ? status : 200;
    }
    int count = http_range_parse(ask->range, k->body.length, &part->range, 1);
    part->is = count == 1;
    return count == 1 ? 206 : count == -ERANGE ? 416 : 200; /* of several the whole is as good */
}

static int fields_write(const struct kept *k, bool confirming, struct buffer *out) {
    if (!confirming) {
        return k->fields.length > 0 ? buffer_append(out, k->fields.data, k->fields.length) : 0;
    }
    struct field f;
    int error = 0;
    const char *end = k->fields.data + k->fields.length;
    for (const char *at = k->fields.data; !error && at && field_next(&at, end, &f);) {
        error = field_among(&f, CONFIRMING) ? buffer_append(out, f.line, f.length) : 0;
    }
    return error;
}

int cache_status_line(struct buffer *out, const struct cache_told *told, const struct kept *k, uint64_t now) {
    int error = buffer_string(out, "Cache-Status: socgi");
    if (!error && told->forward) {
        error = buffer_format(out, "; fwd=%s", told->forward);
    } else if (!error && k) {
        error = buffer_string(out, "; hit");
    }
    if (!error && told->forward_status) {
        error = buffer_format(out, "; fwd-status=%d", told->forward_status);
    }
    if (!error && k && (!told->forward || told->stored)) {
        int64_t left = policy_left(&k->policy, now);
        error = buffer_format(out, "; ttl=%" PRId64, left / (int64_t)NS_PER_SECOND);
    }
    if (!error) {
        error = buffer_format(out, "%s%s%s%s\r\n", told->stored ? "; stored" : "", told->collapsed ? "; collapsed" : "",
                              told->detail ? "; detail=" : "", told->detail ? told->detail : "");
    }
    return error;
}

int reply_make(struct reply *r, const struct kept *k, const struct ask *ask, const struct cache_told *told,
               const struct reply_frame *frame) {
    struct part part;
    *r = (struct reply){.status = status_choose(k, ask, clock_seconds(), &part)};
    bool own = r->status == k->status || part.is;
    bool bodyless = http_status_bodyless(r->status);
    size_t length = part.is ? (size_t)part.range.length : own ? k->body.length : 0;
    struct http_head head = {.status = r->status,
                             .minor = ask->request->minor,
                             .close = frame->close,
                             .framing = bodyless ? HTTP_BODY_NONE : HTTP_BODY_LENGTH,
                             .length = length,
                             .now = k->date,
                             .request_id = frame->request_id};
    int error = http_head_begin(&r->head, &head);
    error = error || r->status == 416 ? error : fields_write(k, !own, &r->head);
    if (!error && part.is) {
        error = buffer_format(&r->head, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%zu\r\n", part.range.first,
                              part.range.first + part.range.length - 1, k->body.length);
    } else if (!error && r->status == 416) {
        error = buffer_format(&r->head, "Content-Range: bytes */%zu\r\n", k->body.length);
    }
    if (!error && (!told->forward || policy_age(&k->policy, frame->now) >= NS_PER_SECOND)) {
        error = buffer_format(&r->head, "Age: %" PRIu64 "\r\n", policy_age(&k->policy, frame->now) / NS_PER_SECOND);
    }
    error = error ? error : cache_status_line(&r->head, told, k, frame->now);
    error = error ? error : http_head_end(&r->head);
    if (error) {
        buffer_free(&r->head);
        return error;
    }
    if (!bodyless && ask->request->method != METHOD_HEAD && length > 0) {
        r->body = k->body.data + (part.is ? part.range.first : 0);
        r->length = length;
    }
    return 0;
}
