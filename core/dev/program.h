/* Running another program to its end, and what it has to say. */
#ifndef DEV_PROGRAM_H
#define DEV_PROGRAM_H

#include "base/buffer.h"
#include "dev/words.h"

/*
 * Runs a program of the PATH and waits for it. What it prints on stdout and stderr is appended to *said, at most
 * 256 KiB. Its exit status, 128 and the signal's number if one ended it, or -errno: -ENOENT is that there is no such
 * program.
 */
int program_run(const struct words *command, struct buffer *said);

#endif
