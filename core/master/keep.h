/*
 * Keeping the requests of incidents: each is written to a file of its own by a thread of its own, for a disk may be
 * slow and the master must not wait; the oldest files are removed when there are too many.
 */
#ifndef MASTER_KEEP_H
#define MASTER_KEEP_H

#include <stdint.h>

#include "base/list.h"

struct exchange;
struct server;

/* Begins to save it as ID.request in the configured folder; nothing if there is none, or if too many are under way. The
 * body's descriptor stays the exchange's. */
void keep_begin(struct server *server, struct exchange *exchange, uint64_t id);

/* Gives back what is done. */
void keep_turn(struct server *server);

/* Waits for what is under way. */
void keep_close(struct server *server);

#endif
