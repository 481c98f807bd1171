/*
 * Calls of the kernel that may be missing, or that a filter (a container's seccomp profile) may refuse, each asked
 * once, with arguments that no kernel takes, before something of ours fails for want of it in words of its own.
 */
#ifndef BASE_CALLS_H
#define BASE_CALLS_H

#include <stdbool.h>
#include <stddef.h>

enum { CALLS_TEXT = 320 };

/* Call number n, counted from 0, that is refused and that we cannot do without (`vital`), or can: what is refused, what
 * it is for, what to do. False: there are no more. */
bool calls_refused(bool vital, size_t n, char text[CALLS_TEXT]);

#endif
