/* The log files: opened, opened anew, closed; and what a line of the error log looks like. */
#ifndef RECORD_LOGS_H
#define RECORD_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "record/access_log.h"

struct config;
struct journal;

/* A zeroed one is not open. */
struct logs {
    struct journal *error;
    struct journal *requests; /* the access log, which may be the same; NULL: off */
    struct journal *left;     /* of files that are no longer the logs, until they have been written */
    struct access access;
    bool json;     /* lines of the error log are JSON */
    bool journald; /* they are read by journald */
};

/* Opens both and makes the error log the log of this process. 0, or -errno (told on stderr). */
int logs_open(struct logs *logs, const struct config *config);

/* Opens both anew. 0, or -errno (told in the log). */
int logs_reopen(struct logs *logs);

/* Goes over to the files and forms that this configuration names. Where a file cannot be opened all stays as it was
 * (told in the log). It waits for nobody: what the older files have not taken yet is still written to them. */
void logs_configure(struct logs *logs, const struct config *config);

/* Lets the writers write what has been logged; to be called once a turn. */
void logs_kick(struct logs *logs);

/* Lines that the error log, or the access log where that is another one, did not take. */
uint64_t logs_lost(const struct logs *logs, bool requests);

void logs_close(struct logs *logs);

#endif
