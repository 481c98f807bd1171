/* The access log: a line for each exchange, in the configured format. */
#ifndef RECORD_ACCESS_LOG_H
#define RECORD_ACCESS_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "config/access_format.h"

struct config;
struct journal;
struct outcome;

struct access {
    struct access_format format;
    bool json;
    bool journald;       /* lines are read by journald */
    struct buffer built; /* a line of JSON; its memory is used again */
    int64_t second;      /* of `time`, which is made once a second */
    char time[32];
};

/* Takes the configured format; `journald`: it reads the lines. */
void access_configure(struct access *access, const struct config *config, bool journald);
void access_close(struct access *access);

/* Logs an exchange that is over. */
void access_log(struct access *access, struct journal *journal, const struct outcome *outcome);

#endif
