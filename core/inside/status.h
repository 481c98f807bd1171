/* The state of the server, for people and programs. */
#ifndef INSIDE_STATUS_H
#define INSIDE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/sandbox.h"

struct buffer;
struct config_pool;
struct inside;
struct plugin;
struct pool;
struct worker;

enum stage { STAGE_STARTING, STAGE_SERVING, STAGE_DRAINING, STAGE_STOPPING };

enum stage status_stage(const struct inside *inside);
const char *status_stage_name(enum stage stage);

/* A pool of the serving generation without a worker that serves; NULL: each has one. */
const struct pool *status_lack(const struct inside *inside);

/* The time of this turn. */
uint64_t status_now(const struct inside *inside);

/* "serving", "quarantine", "broken": of a plugin of the serving generation. */
const char *status_plugin(const struct inside *inside, const struct plugin *plugin);

/* "busy", "idle", or the name of its state. */
const char *status_worker(const struct worker *worker);

/* What the kernel holds a pool's workers to, "off" if it is to be nothing. Points to a constant, or into `text`. */
const char *status_sandbox(const struct config_pool *pool, char text[SANDBOX_TEXT]);

/* A line of the table: of the cache, if anything is kept. 0, or -ENOMEM. */
int status_cache_text(const struct inside *inside, struct buffer *out);

/* As JSON, as a table for a terminal, and as metrics: the text format of Prometheus 0.0.4, or with `open` OpenMetrics
 * (https://openmetrics.io). Each appends to the buffer: 0, or -ENOMEM. */
int status_json(const struct inside *inside, struct buffer *out);
int status_text(const struct inside *inside, struct buffer *out);
int status_metrics(const struct inside *inside, bool open, struct buffer *out);

#endif
