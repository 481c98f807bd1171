/* The contents of a folder, as a page or as JSON. */
#ifndef FILE_LISTING_H
#define FILE_LISTING_H

#include <socgi/plugin.h>

/* Answers with what is in the folder `fd`, which it closes; `path` is the folder's from the root, "" or "a/b/". Returns
 * a status or -errno. */
int listing_send(const struct socgi_request *req, struct socgi_response *res, int root, int fd, const char *path);

#endif
