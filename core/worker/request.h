/*
 * The request as a handler sees it: the opaque struct socgi_request of the SDK, over what the wire carried. What is not
 * there as text (joined fields, decoded parameters, meta-variables, a mapped body) is made when it is first asked for.
 */
#ifndef WORKER_REQUEST_H
#define WORKER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <socgi/plugin.h>

#include "base/buffer.h"
#include "wire/request.h"
#include "worker/arena.h"

struct request_meta {
    const char *name;
    const char *value;
};

/* Fields of one name, joined. */
struct request_joined {
    struct request_joined *next;
    const char *name;
    const char *value;
};

/* A multipart body, read. */
struct request_parts {
    int error; /* as of socgi_part_at; then there are no parts */
    size_t count;
    struct socgi_part parts[];
};

/* A path whose kept answers are to be forgotten. */
struct request_forget {
    struct request_forget *next;
    const char *path;
};

/* What is made on demand. Outlives the request, so that its memory is used again; a zeroed one is ready to be used. */
struct request_cache {
    struct arena arena;
    struct buffer scratch;
    char *body;         /* mapped */
    size_t body_mapped; /* bytes of the mapping */
    const char *route;
    struct request_joined *joined;
    struct request_meta *meta;
    size_t meta_count;
    struct request_parts *parts;
    struct request_forget *forgets;
    unsigned forget_count;
    struct buffer form; /* the body of a form, decoded by http_form_decode */
    bool form_read;
};

struct socgi_request {
    struct wire_request wire;
    struct socgi_context *context;
    const char *spool;           /* folder for temporary files */
    bool development;            /* the client may be told why an answer failed */
    int connection;              /* -1: none, as in a test */
    int *body_fd;                /* given or made; -1: none */
    struct request_cache *cache; /* by pointer, for the request itself is const to a handler */
};

/* Ends a request: frees what was made for it. The body's descriptor stays the caller's, also one made on demand. */
void request_end(struct socgi_request *request);

/* Frees what is kept between requests. */
void request_cache_free(struct request_cache *cache);

/* A field of a multipart body as socgi_form gives it; NULL: there is none. */
const char *request_part_text(const struct socgi_request *req, const char *name);

#endif
