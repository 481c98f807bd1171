/*
 * Cache directives: RFC 9111 section 5.2, RFC 5861, and RFC 9213's fields, which have the same. Read as tolerantly as
 * their authors write them; where one cannot be understood, what it says of freshness counts as none. Pure.
 */
#ifndef CACHE_DIRECTIVES_H
#define CACHE_DIRECTIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beyond it a time is as good as for ever; in seconds, as all here. */
#define DIRECTIVE_MOST (INT64_C(1) << 31)

/* Those with a time: -1 where there is none. To be begun by directives_begin. */
struct directives {
    bool any; /* there was one, known or not */
    bool no_store, no_cache, only_personal, shared, must_revalidate, proxy_revalidate, only_if_cached;
    int64_t max_age, s_maxage, max_stale, min_fresh, while_revalidate, if_error;
};

void directives_begin(struct directives *directives);

/* Adds those of one field line. */
void directives_read(struct directives *directives, const char *text, size_t length);

/* The same of a field that is a dictionary of RFC 8941, to be read as a whole or not at all: false, and nothing is
 * added. */
bool directives_read_strictly(struct directives *directives, const char *text, size_t length);

#endif
