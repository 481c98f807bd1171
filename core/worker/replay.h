/* Runs a saved request again, in this one process, for a debugger. */
#ifndef WORKER_REPLAY_H
#define WORKER_REPLAY_H

#include "wire/message.h"

/*
 * Loads the plugin of the saved request in `file` (from start->folder, or where the request says if that is NULL), runs
 * its handler once and prints the whole answer on stdout. `start` gives options and limits. The exit status: 0, or 1
 * with the reason on stderr; a crash is a crash.
 */
int replay_run(const char *file, struct wire_start *start);

#endif
