/* Requests by libcurl: the second opinion on our HTTP, and the way to have many under way at once. */
#ifndef SYSTEM_FETCH_H
#define SYSTEM_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "server.h"

struct fetch {
    const char *path;   /* on the first TCP listener */
    const char *method; /* NULL: GET */
    const void *upload; /* the request's body; NULL: none */
    size_t upload_length;
    bool chunked;         /* sends it without telling its length before */
    const char *encoding; /* Accept-Encoding, and what comes is decoded; NULL: neither */
    const char *field;    /* one more request field, "Name: value" */

    CURLcode result; /* CURLE_OK: the answer is complete, and the rest is valid */
    long status;
    char *body; /* a NUL behind it */
    size_t length;
    char type[64]; /* Content-Type */

    size_t uploaded;
    size_t capacity; /* of the body's memory */
    CURL *handle;
    struct curl_slist *fields;
};

/* Carries out one. */
void fetch_one(const struct server *server, struct fetch *fetch);

/* GET of a path: asserts the status and, if it is not NULL, the body. */
void fetch_expect(const struct server *server, const char *path, long status, const char *body);

/* Carries out all of them, at most `connections` at once. `progress`, if not NULL, is called after each that is done,
 * with their number. */
void fetch_all(const struct server *server, struct fetch *fetches, size_t count, long connections,
               void (*progress)(void *data, size_t done), void *data);

void fetch_free(struct fetch *fetches, size_t count);

#endif
