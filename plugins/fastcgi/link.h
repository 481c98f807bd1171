/* The connection of a worker with the responder, which may be kept from one request to the next. */
#ifndef FASTCGI_LINK_H
#define FASTCGI_LINK_H

#include <stdbool.h>

#include "settings.h"

struct link {
    int fd;    /* -1: there is none */
    bool used; /* it has carried a request before: the responder may have closed it at any time */
};

/* Makes it ready for a request: it is a kept one on which nothing has come, or a new one. 0, or -errno; -EAGAIN: the
 * responder takes no more connections now. */
int link_take(struct link *link, const struct settings *settings);

void link_close(struct link *link);

#endif
