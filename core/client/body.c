/* The body of a request while the master collects it. */
#include "client/body.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "client/census.h"

int body_begin(struct body *body, const struct http_request *request, const struct body_limits *limits) {
    *body = (struct body){.framing = request->framing, .fd = -1};
    if (request->framing == HTTP_LENGTH) {
        body->expected = request->content_length;
        if (body->expected > limits->length) {
            return 413;
        }
    }
    bool none = request->framing == HTTP_NO_BODY || (request->framing == HTTP_LENGTH && body->expected == 0);
    return none ? BODY_DONE : BODY_MORE;
}

/* Moves the body to a file; from then on memory stays empty. */
static int body_spool(struct body *body, const char *folder) {
    body->fd = fd_temporary(folder);
    if (body->fd < 0) {
        int error = body->fd;
        body->fd = -1;
        return error;
    }
    int error = fd_write_all(body->fd, body->memory.data, body->memory.length);
    buffer_free(&body->memory);
    return error;
}

/* ---- What it holds of what all have together ---- */

/* How many bytes are too many, of its address and of all. */
static uint64_t share_lack(const struct body *body, const struct body_limits *limits, uint64_t more) {
    const struct census_share *share = body->share;
    uint64_t sum = share && share->bodies > 1 ? share->bytes + more : 0;
    return sum > limits->share_limit ? sum - limits->share_limit : 0;
}

static uint64_t total_lack(const struct body_limits *limits, uint64_t more) {
    uint64_t sum = *limits->spooled + more;
    return sum > limits->spool_limit ? sum - limits->spool_limit : 0;
}

/* The body is in a file, and grows by so much. */
static bool file_count(struct body *body, const struct body_limits *limits, uint64_t more) {
    if (!body->spooled) {
        body->spooled = limits->spooled;
        body->share = limits->share;
        if (body->share) {
            body->share->bodies++;
        }
    }
    uint64_t lack = share_lack(body, limits, more);
    if (lack > 0 && !(limits->room && limits->room(limits->data, true, lack))) {
        return false;
    }
    lack = total_lack(limits, more);
    if (lack > 0 && !(limits->room && limits->room(limits->data, false, lack))) {
        return false;
    }
    *body->spooled += more;
    body->counted += more;
    if (body->share) {
        body->share->bytes += more;
    }
    return true;
}

static void file_uncount(struct body *body) {
    if (body->spooled) {
        *body->spooled -= body->counted;
    }
    if (body->share) {
        body->share->bytes -= body->counted;
        body->share->bodies--;
    }
}

/* ---- Taking it ---- */

static int body_store(struct body *body, const struct body_limits *limits, const char *data, size_t length) {
    if (length > limits->length - body->length) {
        return 413;
    }
    int error = 0;
    if (body->fd < 0 && (body->length + length > limits->in_memory || body->expected > limits->in_memory)) {
        error = body_spool(body, limits->spool);
    }
    if (!error && body->fd >= 0 && !file_count(body, limits, body->length + length - body->counted)) {
        return 503;
    }
    if (!error) {
        error = body->fd >= 0 ? fd_write_all(body->fd, data, length) : buffer_append(&body->memory, data, length);
    }
    if (error) {
        log_line(LOG_ERROR, "a request body cannot be kept in %s: %s", limits->spool, strerror(-error));
        return error == -ENOSPC || error == -EDQUOT ? 507 : 503;
    }
    body->length += length;
    return 0;
}

static int feed_counted(struct body *body, const struct body_limits *limits, const char *data, size_t length,
                        size_t *used) {
    uint64_t left = body->expected - body->length;
    *used = length < left ? length : (size_t)left;
    int status = body_store(body, limits, data, *used);
    return status ? status : body->length == body->expected ? BODY_DONE : BODY_MORE;
}

/* The chunks' data is moved together at the begin of `data`, and stored at once: each may be a byte. */
static int feed_chunked(struct body *body, const struct body_limits *limits, char *data, size_t length, size_t *used) {
    size_t kept = 0;
    int result;
    *used = 0;
    do {
        size_t step, at, count;
        uint64_t overhead = limits->chunk_overhead + (body->length + kept) / 8;
        result = http_chunk_decode(&body->chunk, overhead, data + *used, length - *used, &step, &at, &count);
        uint64_t room = limits->length - body->length - kept;
        if (result == HTTP_CHUNK_DATA) {
            if (count > room) {
                return 413;
            }
            memmove(data + kept, data + *used + at, count);
            kept += count;
            room -= count;
        }
        *used += step;
        if (body->chunk.left > room) {
            return 413; /* what a chunk announces need not be waited for */
        }
    } while (result == HTTP_CHUNK_DATA);
    int status = kept > 0 ? body_store(body, limits, data, kept) : 0;
    return status ? status : result == HTTP_CHUNK_MORE ? BODY_MORE : result == HTTP_CHUNK_DONE ? BODY_DONE : result;
}

int body_feed(struct body *body, const struct body_limits *limits, char *data, size_t length, size_t *used) {
    return body->framing == HTTP_CHUNKED ? feed_chunked(body, limits, data, length, used)
                                         : feed_counted(body, limits, data, length, used);
}

int body_end(struct body *body) {
    int error = body->fd >= 0 ? fd_seal(&body->fd) : 0;
    if (error) {
        log_line(LOG_ERROR, "a request body cannot be made one for reading alone, which needs /proc: %s",
                 strerror(-error));
    }
    return error ? 500 : 0;
}

void body_free(struct body *body) {
    file_uncount(body);
    buffer_free(&body->memory);
    fd_drop(&body->fd);
    *body = (struct body){.fd = -1};
}
