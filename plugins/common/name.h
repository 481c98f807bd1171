/* File names as other things have to spell them: parts of a URI, parameters of a header field. */
#ifndef COMMON_NAME_H
#define COMMON_NAME_H

#include <socgi/plugin.h>

/* The path percent-encoded but for '/' (RFC 3986); NULL: no memory. */
const char *name_encode_path(const struct socgi_request *req, const char *path);

/* "attachment" with the name in a form for everyone (RFC 6266, RFC 8187); NULL: no memory. */
const char *name_disposition(const struct socgi_request *req, const char *name);

/* The part behind the last '/'. */
const char *name_base(const char *path);

#endif
