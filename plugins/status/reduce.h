/* Copies those members of a JSON text (RFC 8259) that are named, and nothing else. Pure but for what it writes. */
#ifndef STATUS_REDUCE_H
#define STATUS_REDUCE_H

#include <socgi/plugin.h>

/*
 * Writes the object `json`, which a NUL follows, with those members alone that `kept` names: "requests.total" is the
 * member "total" of the member "requests"; elements of an array go by the array's name. A member that is named is
 * copied whole. `kept` ends with NULL.
 *
 * 0; -EBADMSG: it is no such object (a part of it may have been written by then); or what socgi_write gives.
 */
int reduce_json(struct socgi_response *res, const char *json, const char *const *kept);

#endif
