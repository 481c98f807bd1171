/* The master process: owns listeners, connections, clocks, processes and logs; never maps a plugin, never blocks. */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include "config/config.h"

/* Reads the configuration anew, as at the start; errors are told by complaint(). NULL: it has some. */
typedef struct config *config_reader(void *data);

struct master_start {
    struct config *config; /* taken over */
    config_reader *reader; /* called with `data` to reload */
    void *data;
    char **argv; /* our command line */
};

/* Serves until told to stop. Returns the exit status: 0 after a stop by signal, 1 when it could not start (the reason
 * is in the log). */
int master_main(const struct master_start *start);

#endif
