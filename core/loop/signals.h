/* Signals as events of the loop: signalfd(2). */
#ifndef LOOP_SIGNALS_H
#define LOOP_SIGNALS_H

#include <stddef.h>

#include "loop/loop.h"

struct signals {
    struct source source;
    struct loop *loop;
    int fd; /* -1: none */
    void (*came)(struct signals *signals, int number);
};

/* Blocks them, and ignores SIGPIPE and SIGXFSZ. One that came ignored (nohup(1), a script's "&") is so no longer, for
 * the kernel throws it away even where it is blocked. To be called before any thread exists: one that had them
 * unblocked would be ended by them, and we with it. */
void signals_block(const int *numbers, size_t count);

/* From now on `came` is called for each. 0, or -errno. */
int signals_open(struct signals *signals, struct loop *loop, const int *numbers, size_t count,
                 void (*came)(struct signals *signals, int number));
void signals_close(struct signals *signals); /* a zeroed one may be closed, too */

#endif
