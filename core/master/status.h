/* The state of the server, for people and programs. Each appends to a buffer: 0, or -ENOMEM. */
#ifndef MASTER_STATUS_H
#define MASTER_STATUS_H

struct buffer;
struct plugin;
struct server;

/* "starting", "serving", "draining" or "stopping". */
const char *status_stage(const struct server *server);

/* "serving", "quarantine", "broken": of a plugin of the serving generation. */
const char *status_plugin(const struct server *server, const struct plugin *plugin);

/* As JSON, as a table for a terminal, and as OpenMetrics (https://openmetrics.io). */
int status_json(const struct server *server, struct buffer *out);
int status_text(const struct server *server, struct buffer *out);
int status_metrics(const struct server *server, struct buffer *out);

#endif
