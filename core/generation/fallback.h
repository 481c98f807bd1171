/*
 * What is fallen back to. Of a plugin file the latest edition is served, else the last good one, unless it is known not
 * to do: what became of an edition is noted here, so that the next choice is another. A configuration that breaks what
 * serves is given up: what works goes on as it was configured, and people are told why.
 */
#ifndef GENERATION_FALLBACK_H
#define GENERATION_FALLBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "generation/catalog.h"

struct generation;
struct generations;

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

/* Whether that refusal is such a case: the edition serves now, and the trial has another configuration. It is told and
 * noted then, and the next trial_begin reverts. */
bool revert_wanted(struct generations *all, const struct generation *trial, const struct entry *entry,
                   const struct edition *edition, const char *reason);

/* The reload under way has come to nothing; what has changed meanwhile is looked at. */
void revert(struct generations *all);

/* Notes why the latest reload has come to nothing, for the view inside; NULL: it has not. */
void revert_note(struct generations *all, const char *reason);

#endif
