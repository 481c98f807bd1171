/* The answer under construction: its parts and where their bytes are. */
#include "worker/response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fd.h"
#include "coder/coder.h"
#include "worker/context.h"
#include "worker/origin.h"
#include "worker/request.h"
#include "worker/spool.h"

enum { PARTS_FIRST = 16, MEMORY_KEPT = 1024 * 1024 };

void response_begin(struct socgi_response *res, const struct socgi_request *req, uint64_t limit, response_send *send,
                    void *sink) {
    res->req = req;
    res->limit = limit;
    res->send = send;
    res->sink = sink;
    res->text.fd = -1;
    res->forward = NULL;
}

static void buffer_trim(struct buffer *b) {
    b->length = 0;
    if (b->capacity > MEMORY_KEPT) {
        buffer_free(b);
    }
}

/* The temporary file is not written over: what sendfile took of it may still wait in a socket, by reference. */
static void text_clear(struct response_text *text) {
    buffer_trim(&text->memory);
    fd_close(&text->fd);
    text->spilled = 0;
}

static void files_close(struct socgi_response *res) {
    while (res->file_count > 0) {
        fd_close(&res->files[--res->file_count].fd);
    }
}

static void encoding_close(struct socgi_response *res) {
    if (res->encoding) {
        res->coder->close(res->encoding);
    }
    res->encoding = NULL;
    res->encoded = false;
}

void response_end(struct socgi_response *res) {
    files_close(res);
    text_clear(&res->text);
    buffer_trim(&res->frame);
    if (res->part_capacity * sizeof(*res->parts) > MEMORY_KEPT) {
        free(res->parts);
        res->parts = NULL;
        res->part_capacity = 0;
    }
    encoding_close(res);
    res->promised = res->begun = res->close = res->broken = res->gone = res->held = false;
    res->flushed = 0;
    res->field_count = res->part_count = res->next = res->framed = 0;
    res->generated = res->body_length = res->body_framed = res->head_length = 0;
    res->error = res->status = 0;
    res->complaint = NULL;
}

void response_free(struct socgi_response *res) {
    response_end(res);
    buffer_free(&res->text.memory);
    buffer_free(&res->frame);
    free(res->parts);
    free(res->fields);
    memset(res, 0, sizeof(*res));
}

static bool nothing_but_body(const struct socgi_response *res) {
    return res->next == res->framed;
}

void response_drop_body(struct socgi_response *res) {
    res->part_count = res->framed;
    res->body_length = 0;
    res->error = 0;
    if (nothing_but_body(res)) {
        files_close(res);
        text_clear(&res->text);
        if (!res->begun) {
            res->generated = 0;
        }
    }
}

void response_reset(struct socgi_response *res) {
    response_drop_body(res);
    res->field_count = 0;
    res->promised = false;
    res->forward = NULL;
}

static int parts_reserve(struct socgi_response *res) {
    if (res->part_count < res->part_capacity) {
        return 0;
    }
    size_t capacity = res->part_capacity ? res->part_capacity * 2 : PARTS_FIRST;
    struct response_part *parts = reallocarray(res->parts, capacity, sizeof(*parts));
    if (!parts) {
        return -ENOMEM;
    }
    res->parts = parts;
    res->part_capacity = capacity;
    return 0;
}

/* A child of the worker shares the answer's file and connection with it. */
static void origin_check(const struct socgi_response *res) {
    if (origin_lost()) {
        origin_end(res->req->context->manifest.name);
    }
}

/* Whether bytes follow a part without a gap. */
static bool part_continues(const struct response_part *part, const struct response_part *more) {
    return part->kind == more->kind && part->file == more->file && part->offset + part->length == more->offset;
}

int response_append(struct socgi_response *res, struct response_part more) {
    origin_check(res);
    if (res->part_count > res->framed && part_continues(&res->parts[res->part_count - 1], &more)) {
        res->parts[res->part_count - 1].length += more.length;
    } else {
        int error = parts_reserve(res);
        if (error) {
            return error;
        }
        res->parts[res->part_count++] = more;
    }
    res->body_length += more.length;
    return 0;
}

int response_frame(struct socgi_response *res, uint64_t offset, uint64_t length) {
    struct response_part more = {.kind = PART_FRAME, .offset = offset, .length = length};
    if (res->framed > res->next && part_continues(&res->parts[res->framed - 1], &more)) {
        res->parts[res->framed - 1].length += length;
        return 0;
    }
    int error = parts_reserve(res);
    if (error) {
        return error;
    }
    struct response_part *at = res->parts + res->framed;
    memmove(at + 1, at, (res->part_count - res->framed) * sizeof(*at));
    *at = more;
    res->framed++;
    res->part_count++;
    return 0;
}

static int spool_write(const struct response_text *text, uint64_t offset, const char *data, size_t length) {
    while (length > 0) {
        ssize_t n = pwrite(text->fd, data, length, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        data += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

int response_spill(struct socgi_response *res) {
    struct response_text *text = &res->text;
    if (text->fd < 0) {
        int fd = spool_file(res->req->spool);
        if (fd < 0) {
            return fd;
        }
        text->fd = fd;
    }
    int error = spool_write(text, text->spilled, text->memory.data, text->memory.length);
    if (!error) {
        text->spilled += text->memory.length;
        text->memory.length = 0;
    }
    return error;
}

/* Text beyond what memory may hold goes to the file at once, so that memory is bounded whatever a handler writes. */
int response_text_append(struct socgi_response *res, const void *data, size_t length) {
    struct response_text *text = &res->text;
    if (length <= RESPONSE_TEXT_IN_MEMORY && text->memory.length <= RESPONSE_TEXT_IN_MEMORY - length) {
        return buffer_append(&text->memory, data, length);
    }
    int error = response_spill(res);
    if (!error && length <= RESPONSE_TEXT_IN_MEMORY / 2) {
        return buffer_append(&text->memory, data, length);
    }
    error = error ? error : spool_write(text, text->spilled, data, length);
    if (!error) {
        text->spilled += length;
    }
    return error;
}

int response_write(struct socgi_response *res, const void *data, size_t length) {
    origin_check(res);
    if (res->gone || length == 0) {
        return 0; /* no one will read it, and the handler need not know */
    }
    struct response_part more = {
        .kind = PART_TEXT, .offset = res->text.spilled + res->text.memory.length, .length = length};
    int error = length > res->limit - res->generated ? -EFBIG : response_text_append(res, data, length);
    error = error ? error : response_append(res, more);
    if (error) {
        res->error = res->error ? res->error : error;
        return error;
    }
    res->generated += length;
    return 0;
}

const char *response_stretch(const struct socgi_response *res, const struct response_part *part, uint64_t *length,
                             int *fd, uint64_t *offset) {
    const struct response_text *text = &res->text;
    *length = part->length;
    *offset = part->offset;
    *fd = -1;
    if (part->kind == PART_FRAME) {
        return res->frame.data + part->offset;
    }
    if (part->kind == PART_FILE) {
        *fd = res->files[part->file].fd;
        return NULL;
    }
    if (part->offset >= text->spilled) {
        return text->memory.data + (part->offset - text->spilled);
    }
    *fd = text->fd;
    if (*length > text->spilled - part->offset) {
        *length = text->spilled - part->offset;
    }
    return NULL;
}

bool response_pending(const struct socgi_response *res) {
    return res->next < res->framed;
}

/* Once all is sent, what carried it is free again; not before, for parts name their bytes by place. */
static void release_sent(struct socgi_response *res) {
    if (res->next == res->part_count) {
        res->next = res->framed = res->part_count = 0;
        res->frame.length = 0;
        files_close(res);
        text_clear(&res->text);
    }
}

void response_advance(struct socgi_response *res, uint64_t length) {
    while (length > 0 && response_pending(res)) {
        struct response_part *part = &res->parts[res->next];
        uint64_t step = length < part->length ? length : part->length;
        part->offset += step;
        part->length -= step;
        length -= step;
        if (part->length == 0) {
            res->next++;
        }
    }
    release_sent(res);
}

void response_discard(struct socgi_response *res) {
    res->next = res->framed;
    release_sent(res);
}

struct response_field *response_field(struct socgi_response *res, const char *name) {
    for (size_t i = 0; i < res->field_count; i++) {
        if (strcasecmp(res->fields[i].name, name) == 0) {
            return &res->fields[i];
        }
    }
    return NULL;
}

void response_remove_field(struct socgi_response *res, const char *name) {
    size_t kept = 0;
    for (size_t i = 0; i < res->field_count; i++) {
        if (strcasecmp(res->fields[i].name, name) != 0) {
            res->fields[kept++] = res->fields[i];
        }
    }
    res->field_count = kept;
}
