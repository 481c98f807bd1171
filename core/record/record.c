/* What is recorded: the parts of it together. */
#include "record/record.h"

#include "record/outcome.h"

int record_open(struct record *r, const struct config *config) {
    saves_init(&r->saves);
    return logs_open(&r->logs, config);
}

void record_configure(struct record *r, const struct config *config) {
    logs_configure(&r->logs, config);
}

int record_reopen(struct record *r) {
    return logs_reopen(&r->logs);
}

void record_outcome(struct record *r, const struct outcome *o, uint64_t now) {
    if (r->logs.requests) {
        access_log(&r->logs.access, r->logs.requests, o);
    }
    counters_add(&r->counters, o, now);
}

void record_turn(struct record *r) {
    saves_turn(&r->saves);
    logs_kick(&r->logs);
}

void record_finish(struct record *r) {
    saves_close(&r->saves);
}

void record_close(struct record *r) {
    incidents_free(&r->incidents);
    logs_close(&r->logs);
}
