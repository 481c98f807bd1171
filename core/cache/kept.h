/*
 * A kept answer. It never changes; whoever has it holds it: the shelf, a request that may need it, an answer being
 * sent. The last one to drop it frees it.
 */
#ifndef CACHE_KEPT_H
#define CACHE_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "cache/policy.h"

struct ask;

/* Whose answer it is: for another it does not count. */
struct kept_owner {
    const char *name; /* of the plugin; the same pointer as long as the server runs */
    uint64_t mark;    /* of its version and configuration; 0: of any */
};

struct kept {
    struct list link;   /* the shelf's: where its key is */
    struct list recent; /* the shelf's: by when it was asked for */
    uint64_t used;      /* the shelf's: when that was last */
    uint64_t hash;      /* of its key */
    unsigned references;
    bool refusal; /* there is no answer: those of this key are not kept, and nobody waits for one */
    int status;
    int64_t date; /* seconds since the epoch: when it was made */
    struct policy policy;
    struct kept_owner owner;
    struct buffer key;
    struct buffer selected; /* what its request had of the fields that Vary names */
    struct buffer fields;   /* its head without what each answer has of its own */
    struct buffer body;
    char *etag; /* NULL: none */
    char *modified;
};

/* Of an answer's fields, as a worker has written them, and its body, both copied. NULL: no memory. */
struct kept *kept_new(const struct policy_answer *answer, const struct ask *ask, const struct kept_owner *owner);
struct kept *kept_refusal(const struct ask *ask, const struct kept_owner *owner, uint64_t now, uint64_t lifetime);

/* The same answer, confirmed: with the fields of a 304 in the place of its own. NULL: no memory. */
struct kept *kept_refreshed(const struct kept *kept, const struct policy_answer *confirmed, const struct ask *ask);

/* It is complete: gives back the memory that it does not need. */
void kept_fit(struct kept *kept);

struct kept *kept_hold(struct kept *kept);
void kept_drop(struct kept *kept); /* NULL is allowed */

/* Bytes of memory, all in all. */
size_t kept_bytes(const struct kept *kept);

/* Whether its validators can be asked for. */
bool kept_validates(const struct kept *kept);

#endif
