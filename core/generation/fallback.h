/*
 * Which edition of a plugin file is served: the latest, else the last good one, unless it is known not to do. What
 * became of an edition is noted here, so that the next choice is another.
 */
#ifndef GENERATION_FALLBACK_H
#define GENERATION_FALLBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "generation/catalog.h"

/* The edition to try in that renewal: the latest, else the last good one, unless they are known not to do; NULL: none.
 */
struct edition *entry_choose(const struct entry *entry, uint64_t renewal, bool forced);

/* An edition has been refused: it is noted, and told in the log unless that has been done. */
void entry_refuse(struct entry *entry, struct edition *edition, enum verdict verdict, uint64_t renewal,
                  const char *reason);

/* An edition is served. */
void entry_serve(struct entry *entry, struct edition *edition, const char *route);

/* Lets go of a last good edition whose copy somebody has removed: it cannot be made anew, for its file is another. */
void entry_check(struct entry *entry);

#endif
