/*
 * A placeholder: a file NAME.so that is no shared object, but says in text why there is none. `socgi dev` leaves one
 * where a source does not compile; the worker that is to load it gives its text as the reason.
 */
#ifndef BASE_PLACEHOLDER_H
#define BASE_PLACEHOLDER_H

/* How one begins; the reason follows, its first line for the log, the rest for the author. */
#define PLACEHOLDER_MARK "socgi placeholder\n"

enum { PLACEHOLDER_MARK_LENGTH = sizeof(PLACEHOLDER_MARK) - 1 };

#endif
