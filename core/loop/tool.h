/* A tool: our own executable as a short-lived process with nothing but a pipe to read from and one to write to. */
#ifndef LOOP_TOOL_H
#define LOOP_TOOL_H

#include "loop/child.h"

struct tool {
    struct child child; /* its `ended` is the caller's */
    int in;             /* what it reads; non-blocking */
    int out;            /* what it writes; non-blocking */
};

/* One that does not run. */
void tool_init(struct tool *tool, void (*ended)(struct child *child));

/* Starts { "socgi", command, our pid }. 0, or -errno with nothing left behind. */
int tool_start(struct tool *tool, struct children *children, const char *command);

/* Ends it, if it has not ended; its pipes stay until tool_close. */
void tool_end(struct tool *tool);
void tool_close(struct tool *tool);

#endif
