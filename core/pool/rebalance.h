/* Rebalancing: while somebody is idle, or has room and is quicker, nobody waits behind a slow handler. */
#ifndef POOL_REBALANCE_H
#define POOL_REBALANCE_H

struct pool;

/* Takes jobs back that wait behind what takes long, and gives them to others. */
void pool_rebalance(struct pool *pool);

#endif
