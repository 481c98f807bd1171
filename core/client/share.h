/*
 * Descriptors that are shared: what is left of an answer holds some until its client has taken it. One plugin's answers
 * together hold at most as many as are left to everybody, so that there are always some for new connections.
 */
#ifndef CLIENT_SHARE_H
#define CLIENT_SHARE_H

#include <stdbool.h>
#include <stddef.h>

struct exchange;

/* Whether the exchange's plugin may hold so many more; they count from now on. */
bool share_take(const struct exchange *exchange, size_t count);

/* They are held no more. */
void share_give(const struct exchange *exchange, size_t count);

#endif
