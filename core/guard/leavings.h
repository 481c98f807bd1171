/* What masters have left behind: every child of this process that is no master. */
#ifndef GUARD_LEAVINGS_H
#define GUARD_LEAVINGS_H

#include <stdbool.h>
#include <sys/types.h>

/* Kills each child that is not spared, and the children of each, for one that does not end keeps its own from coming to
 * us. `spared` is asked after they were listed. They may start others meanwhile, so it is called again until there are
 * none. How many it has found, those with them that have ended and were not reaped; *one is the last of them. */
unsigned leavings_kill(bool (*spared)(void *data, pid_t pid), void *data, pid_t *one);

#endif
