/* How a connection receives a request: head, then body, then to the dispatcher; and how it refuses one. */
#ifndef MASTER_RECEIVE_H
#define MASTER_RECEIVE_H

#include <stdbool.h>
#include <sys/types.h>

struct connection;

/* Begins to wait for the next request; what is in the input already belongs to it. */
void receive_begin(struct connection *connection);

/* Steps of the states HEAD and BODY. True: another step may follow at once. */
bool receive_head(struct connection *connection);
bool receive_body(struct connection *connection);

/* Answers `status` and closes after it: the framing is in doubt, or the client too slow. */
void receive_refuse(struct connection *connection, int status);

/* Receives into the server's scratch. Bytes; 0: nothing now, or the end. Keeps readable, ended and gone. */
ssize_t receive_some(struct connection *connection);

#endif
