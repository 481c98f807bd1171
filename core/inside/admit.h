/* Who may look inside, and give orders. */
#ifndef INSIDE_ADMIT_H
#define INSIDE_ADMIT_H

#include <stdbool.h>

struct connection;
struct inside;

/* Whether the connection's request may be answered; else it has been, by 403. By a unix socket: anybody whom the file's
 * mode lets in, but no worker and nothing that a worker has started. By a port: by the names that lead here, see
 * client/host.h. */
bool admit(struct inside *inside, struct connection *connection);

#endif
