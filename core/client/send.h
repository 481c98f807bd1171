/* How a connection sends the rest of an answer, and ends so that it arrives. */
#ifndef CLIENT_SEND_H
#define CLIENT_SEND_H

#include <stdbool.h>

struct connection;

/* Steps of the states SENDING and LINGERING. True: another step may follow at once. */
bool send_answer(struct connection *connection);
bool send_linger(struct connection *connection);

#endif
