/* Purging: kept answers are forgotten by order, POST /purge?all, ?plugin=NAME or ?path=PATH, on a unix socket. */
#ifndef INSIDE_PURGE_H
#define INSIDE_PURGE_H

#include <stdbool.h>

struct connection;
struct inside;

/* Carries it out, and answers. False: it is none. */
bool purge_answer(const struct inside *inside, struct connection *connection);

#endif
