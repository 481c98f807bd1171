/* The answers of workers: collected, and checked before they are believed. */
#ifndef POOL_ANSWER_H
#define POOL_ANSWER_H

struct worker;

/* Takes the answers that it has finished; one that has given as many as it may retires. */
void worker_collect(struct worker *worker);

#endif
