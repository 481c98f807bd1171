/*
 * The head of an answer that somebody made who is not trusted, against what is claimed of it. Whoever reads it, with
 * any leniency, sees one final answer of that status and a body of that length, and takes what follows for the next
 * one. Pure.
 */
#ifndef HTTP_CLAIM_H
#define HTTP_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_claim {
    int status;    /* 200 to 599 */
    bool to_head;  /* the request was HEAD */
    bool keep;     /* the connection is kept after it */
    uint64_t body; /* bytes behind the head */
};

/* NULL: it is so; else in what it is not. */
const char *http_claim_check(const struct http_claim *claim, const char *head, size_t length);

#endif
