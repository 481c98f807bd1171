/*
 * What programs leave in the background. While one runs, the worker takes its orphans as children of its own (prctl(2),
 * PR_SET_CHILD_SUBREAPER), else they would come to the server, which ends any. A child of the worker, the watch, ends
 * them when their time is over, for the worker itself sleeps then; it holds none of its descriptors. What these start
 * in turn ends with them, and all of it with the worker.
 */
#ifndef CGI_BACKGROUND_H
#define CGI_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct background;

/* NULL: no memory. */
struct background *background_new(void);

/* Ends all of it. NULL is allowed. */
void background_free(struct background *b);

/* Before a program is started; buries what has ended since. */
void background_begin(struct background *b);

/* When it has ended and was reaped: what it has left may go on for so many seconds; 0: it is ended now. Logged with the
 * program's path. */
void background_end(struct background *b, const char *path, int seconds);

#endif
