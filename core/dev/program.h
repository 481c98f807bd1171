/* Running another program to its end, and what it has to say. */
#ifndef DEV_PROGRAM_H
#define DEV_PROGRAM_H

#include "base/buffer.h"
#include "dev/words.h"

enum { PROGRAM_NEVER = -1 };

/*
 * Runs a program of the PATH and waits for it. What it prints on stdout and stderr is appended to *said, at most
 * 256 KiB. When the descriptor `stop` becomes readable, the program is ended with all that it has started; it is not
 * read. PROGRAM_NEVER: there is none, and the program shares our terminal's signals. The program's exit status, 128 and
 * the signal's number if one ended it, or -errno: -ENOENT is that there is no such program, -EINTR that it was stopped.
 */
int program_run(const struct words *command, int stop, struct buffer *said);

#endif
