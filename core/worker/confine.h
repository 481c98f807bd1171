/* What a worker gives up before it loads a plugin: its user and its resources, as its pool's configuration says. */
#ifndef WORKER_CONFINE_H
#define WORKER_CONFINE_H

#include "wire/message.h"

/* Becomes the user and sets the limits: setresuid(2), setrlimit(2). 0, or -errno (told in the log). */
int confine(const struct wire_start *start);

#endif
