/* One look at the view inside: GET /status from the server's admin socket. */
#ifndef STATUS_VIEW_H
#define STATUS_VIEW_H

#include <stddef.h>

/*
 * Asks the unix socket at `path`. *json is the body of the answer with a NUL behind it, which the caller frees.
 * 0; the -errno of connect(2); -ENAMETOOLONG; -EAGAIN: no answer in time; -EBADMSG: not a complete answer with status
 * 200; -EFBIG; -ENOMEM.
 */
int view_get(const char *path, char **json);

#endif
