/* From a file name that a client claims to one that is safe to use. Pure. */
#ifndef UPLOAD_SAFE_H
#define UPLOAD_SAFE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SAFE_NAME_MAX = 200 /* bytes, far enough below NAME_MAX for a number to be put in */
};

/*
 * Makes the name safe in `out`: without folders (of either kind of slash), leading dots, control characters and bytes
 * that are not UTF-8; "file" if nothing is left. False: it is longer than SAFE_NAME_MAX.
 */
bool safe_name(const char *claimed, char out[SAFE_NAME_MAX + 1]);

/* The name with a number before its extension, as "photo-2.jpg". `out` holds `size` bytes. */
void safe_number(const char *name, unsigned number, char *out, size_t size);

/* Whether safe_name could have made it: nothing else is ever opened. */
bool safe_is(const char *name);

#endif
