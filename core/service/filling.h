/* Answers that workers have left of plugins that are cached: kept if they may be, and sent. */
#ifndef SERVICE_FILLING_H
#define SERVICE_FILLING_H

struct answer;
struct ticket;

/* What the handler has said of answers that are kept: it is carried out, and taken out of the head, which the client
 * gets. */
void filling_forget(struct ticket *ticket, struct answer *answer);

/* Goes on with the connection. */
void filling_take(struct ticket *ticket, const struct answer *answer);

#endif
