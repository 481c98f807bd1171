/* Collecting: what a worker has done, checked before it is believed. */
#ifndef POOL_COLLECT_H
#define POOL_COLLECT_H

struct worker;

/* Takes the answers that it has finished; one that has given as many as it may retires. */
void worker_collect(struct worker *worker);

#endif
