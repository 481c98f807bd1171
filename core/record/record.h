/*
 * What is recorded, for people and for machines: the logs, the counters, the last incidents and the requests that led
 * to them. Whoever has something to record gives plain data; nothing here knows a socket or a worker.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdint.h>

#include "record/counters.h"
#include "record/incident.h"
#include "record/logs.h"
#include "record/save.h"

struct config;
struct outcome;

/* A zeroed one is not open. */
struct record {
    struct logs logs;
    struct counters counters;
    struct incidents incidents;
    struct saves saves;
};

/* Opens the logs: from now on log_line() goes there. 0, or -errno (told on stderr). */
int record_open(struct record *record, const struct config *config);

/* Goes over to another configuration, as logs_configure does. */
void record_configure(struct record *record, const struct config *config);

/* Opens the log files anew. 0, or -errno (told in the log). */
int record_reopen(struct record *record);

/* Logs and counts an exchange that is over, at `now` (nanoseconds). */
void record_outcome(struct record *record, const struct outcome *outcome, uint64_t now);

/* The end of a turn: what was logged is written, what was saved is given back. */
void record_turn(struct record *record);

/* Waits for what is being saved. */
void record_finish(struct record *record);

/* And for the logs, for a moment at most. */
void record_close(struct record *record);

#endif
