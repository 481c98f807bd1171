/* How a connection receives a request: head, then body, then to the service. */
#ifndef CLIENT_RECEIVE_H
#define CLIENT_RECEIVE_H

#include <stdbool.h>

struct connection;

/* Steps of the states HEAD and BODY. True: another step may follow at once. */
bool receive_head(struct connection *connection);
bool receive_body(struct connection *connection);

#endif
