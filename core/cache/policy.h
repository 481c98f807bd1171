/*
 * The policy of a shared cache: RFC 9111 sections 3 and 4, RFC 5861, RFC 9213. Which answers are kept, for how long
 * they are fresh, and what a request may be given. Pure: whoever calls tells the time. All times are nanoseconds.
 */
#ifndef CACHE_POLICY_H
#define CACHE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ask;

/* Of one answer that is kept. */
struct policy {
    uint64_t since;    /* when it came */
    uint64_t initial;  /* its age then */
    uint64_t lifetime; /* it is fresh while it is younger */
    bool ask_always;   /* no-cache: it is given to nobody unless the handler confirms it */
    bool firm;         /* it is never given when it is stale: must-revalidate, proxy-revalidate, s-maxage */
    bool ruled;        /* it is fresh by configuration alone: nothing in it says that it is everybody's */
    uint64_t while_revalidate, if_error; /* so long beyond its freshness it may be given in that case */
};

/* What decides, of an answer: its status and the fields of its head. */
struct policy_answer {
    int status;
    const char *fields;
    size_t length;
    uint64_t now;    /* when it came */
    int64_t seconds; /* the same since the epoch */
    uint64_t fresh;  /* of those that do not say how long; 0: they are not kept */
};

/* NULL: it may be kept for later requests, by that policy; else one word for why not. */
const char *policy_make(struct policy *policy, const struct policy_answer *answer, const struct ask *ask);

uint64_t policy_age(const struct policy *policy, uint64_t now);

/* How long it is fresh still; less than nothing: stale for so long. */
int64_t policy_left(const struct policy *policy, uint64_t now);

enum policy_use {
    POLICY_USE,      /* it may be given */
    POLICY_BACKUP,   /* while somebody asks for a newer one */
    POLICY_VALIDATE, /* if the handler confirms it */
};

/* What a request may have of it. */
enum policy_use policy_use(const struct policy *policy, const struct ask *ask, uint64_t now);

/* Whether it may be given though it is stale, so long beyond its freshness, because no newer one can be had. */
bool policy_stands_in(const struct policy *policy, const struct ask *ask, uint64_t beyond, uint64_t now);

#endif
