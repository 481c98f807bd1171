/* How a connection sends the rest of an answer, and ends so that it arrives. */
#ifndef CLIENT_SEND_H
#define CLIENT_SEND_H

#include <stdbool.h>

struct connection;

/* How long a connection lingers for which the last answer is out: while what the client still sends comes, so long
 * without a byte, and so long in all; in a drain only the first. */
enum { LINGER_IDLE_MS = 5000, LINGER_MS = 30000 };

/* Steps of the states SENDING and LINGERING. True: another step may follow at once. */
bool send_answer(struct connection *connection);
bool send_linger(struct connection *connection);

#endif
