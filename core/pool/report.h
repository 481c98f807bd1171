/*
 * What a worker is told when it starts, and what it tells of its plugins. The report of a pool's first worker, its
 * canary, makes the routes; every other must be the same to the byte, since requests name a plugin by its place in it.
 */
#ifndef POOL_REPORT_H
#define POOL_REPORT_H

#include <stdint.h>

#include "wire/message.h"

struct pool;
struct worker;

enum report_result { REPORT_NOTHING = 0, REPORT_MORE = 1, REPORT_READY = 2, REPORT_DENIALS = 3 };

/* Sends START. 0, or -errno. */
int report_begin(struct worker *worker);

/* Receives one message of a worker that starts. REPORT_NOTHING: none is there; REPORT_DENIALS: its ties
 * have a listener from now on; -ESTALE: it has loaded something else than the first worker (told in the log); -EPROTO:
 * the worker is broken. */
int report_receive(struct worker *worker);

/* What the canary told of its plugin number `place`; its texts live as long as the pool. 0, or -EPROTO past the last.
 */
int report_plugin(const struct pool *pool, uint32_t place, struct wire_plugin *plugin);

#endif
