/* What there is from each address, connections and bodies in files: a hash table that grows with them. */
#ifndef CLIENT_CENSUS_H
#define CLIENT_CENSUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

enum { CENSUS_CHAINS = 4096 };

/* What its bodies in files are together. */
struct census_share {
    uint64_t bytes;
    uint32_t bodies;
};

/* Zeroed and census_init'ed to begin. */
struct census {
    struct list chains[CENSUS_CHAINS];
    uint64_t salt; /* so that nobody can choose addresses that meet in one chain */
};

void census_init(struct census *census);

/* Counts a connection from that address (as text): how many there are now; 0 when there is no memory, it is not counted
 * then. */
uint32_t census_add(struct census *census, const char *address);

/* Counts one less. */
void census_remove(struct census *census, const char *address);

/* The share of that address, which stays where it is until it is released as often as it was held. NULL: no memory. */
struct census_share *census_hold(struct census *census, const char *address);
void census_release(struct census *census, const char *address);

#endif
