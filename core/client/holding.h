/*
 * What connections hold of what all have together: bodies in files (body_total, of which each address has a share) and
 * memory for requests (request_memory: heads, small bodies, what follows them). When there is no room, the body that
 * has come slowest gives way: it is answered 408, and what it held is free at once.
 */
#ifndef CLIENT_HOLDING_H
#define CLIENT_HOLDING_H

#include <stdbool.h>
#include <stdint.h>

struct body_limits;
struct connection;

/* Counts the memory that the connection holds now. False: it holds more than before, there is no room for that, and
 * nobody gives way. */
bool holding_count(struct connection *connection);

/* What the body of its request may be and hold, but for its length. */
void holding_limits(struct connection *connection, struct body_limits *limits);

#endif
