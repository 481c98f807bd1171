/*
 * Requests of plugins that are cached: what is kept is given, the rest goes to a worker, who leaves its answer to the
 * master; it is kept if it may be, and given to all who wait for it.
 */
#ifndef SERVICE_CACHING_H
#define SERVICE_CACHING_H

#include <stdbool.h>

struct answer;
struct job_loss;
struct ticket;

/* A request of such a plugin is complete. True: it has its answer, or waits for one; else it is for the pool. */
bool caching_submit(struct ticket *ticket);

/* A worker has answered. Goes on with the connection, and with those who wait. */
void caching_answered(struct ticket *ticket, const struct answer *answer);

/* Its own answer will not come: whoever waits for it first asks now. */
void caching_failed(struct ticket *ticket);

/* Another plugin is to answer in its place: nothing of that is kept, and whoever waits asks. */
void caching_leave(struct ticket *ticket);

/* A worker has died over it. True: what is kept has been given instead; the connection has gone on. */
bool caching_lost(struct ticket *ticket, const struct job_loss *loss);

/* It waits for another's answer, and does so no longer. */
bool caching_waits(struct ticket *ticket);

/* It has waited too long. True: it goes on by itself, or has its answer. */
bool caching_late(struct ticket *ticket);

/* The exchange ends. */
void caching_release(struct ticket *ticket);

#endif
