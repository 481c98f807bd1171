/*
 * Saving the requests of incidents: each is written to a file of its own by a thread of its own, for a disk may be slow
 * and the master must not wait; the oldest files are removed when there are too many.
 */
#ifndef RECORD_SAVE_H
#define RECORD_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/* Zeroed and saves_init'ed to begin. */
struct saves {
    struct list running; /* of struct save */
    uint32_t count;
};

/* What is saved as FOLDER/ID.request; the texts are copied. */
struct save_request {
    uint64_t id;        /* of the incident */
    const char *folder; /* where to */
    uint32_t most;      /* files that are kept there */
    const char *plugin_folder, *plugin_file;
    unsigned char *packed; /* the request as it was packed for a worker: malloc'ed, taken over; NULL: no memory */
    size_t length;         /* of that */
    int body;              /* a file that stays the caller's; -1: none */
    uint64_t body_length;
};

void saves_init(struct saves *saves);

/* Whether another one may begin now. */
bool saves_room(const struct saves *saves);

/* Begins to save it; what cannot be is told in the log. */
void save_begin(struct saves *saves, const struct save_request *request);

/* Gives back what is done. */
void saves_turn(struct saves *saves);

/* Waits for what is under way. */
void saves_close(struct saves *saves);

#endif
