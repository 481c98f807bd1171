/* The master process: owns listeners, connections, clocks, processes and logs; never maps a plugin, never blocks. */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include "config/config.h"

/* Serves until told to stop. Returns the exit status: 0 after a stop by signal, 1 when it could not start (the reason
 * is in the log). */
int master_main(const struct config *config);

#endif
