/*
 * What a worker is told when it starts, and what it tells of its plugins. The first worker's report makes the router;
 * every other must be the same to the byte, since requests name a plugin by its place in it.
 */
#ifndef MASTER_REPORT_H
#define MASTER_REPORT_H

#include <stdint.h>

struct worker;
struct pool;

enum report_result { REPORT_NOTHING = 0, REPORT_MORE = 1, REPORT_READY = 2 };

/* Sends START. 0, or -errno. */
int report_begin(struct worker *worker);

/* Receives one message of a worker that starts. REPORT_NOTHING: none is there; -EPROTO: the worker is broken. */
int report_receive(struct worker *worker);

/* The first report is complete: tells of the configuration that names plugins which are not there. */
void report_finish(struct pool *pool);

/* The plugin in that place of the report cannot be loaded any more: its routes answer 503. */
void report_withdraw(struct pool *pool, uint32_t place);

/* The first worker has died over its report: the next one begins it anew. */
void report_forget(struct pool *pool);

#endif
