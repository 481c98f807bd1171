/* What has become of the descriptors that plugins must leave alone, in words for the log. */
#ifndef WORKER_VERDICT_H
#define WORKER_VERDICT_H

#include <stddef.h>

#include "worker/custody.h"

/* What is wrong and whose doing it is or may be, without an end of line. When descriptors are lacking it looks at all
 * that are open, and closes stdin to have one for that. */
void verdict_write(struct custody *custody, char *text, size_t size);

#endif
