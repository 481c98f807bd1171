/* Salvage: what becomes of the jobs of a worker that has died. */
#ifndef POOL_SALVAGE_H
#define POOL_SALVAGE_H

#include <stdbool.h>

struct worker;

/* It has died after it was ready; its mailbox and channel are still there. What it had not begun goes to others; the
 * job that it ran is lost, and counts against its plugin. False: it ran none. */
bool worker_died(struct worker *worker, int wait_status);

#endif
