/* Kept answers that are given to a request: what the client room is told of them. */
#ifndef SERVICE_GIVEN_H
#define SERVICE_GIVEN_H

#include <stdbool.h>

#include "cache/kept.h"

struct ask;
struct cache_told;
struct ticket;

/* What the request says to a cache; valid while its exchange is. */
void given_ask(const struct ticket *ticket, struct ask *ask);

/* Whose its answers are. */
struct kept_owner given_owner(const struct ticket *ticket);

/* Answers the request with it; its connection does not go on by itself. */
void given_answer(struct ticket *ticket, struct kept *kept, const struct cache_told *told);

/* The last good answer in the place of one that cannot be had, `why` as a word for Cache-Status. False: there is none,
 * or it may not be given. As above. */
bool given_instead(struct ticket *ticket, const char *why);

#endif
