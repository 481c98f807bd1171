/* Accepting: from a listener's backlog to connections, as long as there is room for them. */
#ifndef CLIENT_ACCEPT_H
#define CLIENT_ACCEPT_H

#include <stdint.h>

struct clients;
struct listener;

/* Begins to accept, or begins again. 0; or -errno, and it is tried again by accept_resume. */
int accept_begin(struct listener *listener);

/* Accepts where it was paused and there is room again. */
void accept_resume(struct clients *clients);

/* When accept_resume is due; UINT64_MAX: it is not. */
uint64_t accept_next(const struct clients *clients);

/* Before it is closed: accepts what waits to be. */
void accept_last(struct listener *listener);

#endif
