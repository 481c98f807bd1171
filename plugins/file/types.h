/* Media types by file name. */
#ifndef FILE_TYPES_H
#define FILE_TYPES_H

struct types;

/* Reads a file in the form of /etc/mime.types ("type extension extension..."), and adds the few that no site can do
 * without. NULL as path: those few alone. 0 or -errno; *types is the caller's, to be freed. */
int types_load(const char *path, struct types **types);

/* NULL is allowed. */
void types_free(struct types *types);

/* The type of a file of that name, "text/html; charset=utf-8"; "application/octet-stream" if unknown. Never NULL. */
const char *types_find(const struct types *types, const char *name);

#endif
