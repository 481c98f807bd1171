/* The folder of what socgi dev has compiled. It is locked (flock(2)) for as long as its owner lives: what one that was
 * killed has left, the next one removes. */
#ifndef DEV_MADE_H
#define DEV_MADE_H

#include <limits.h>

struct made {
    char path[PATH_MAX];
    int lock;
};

/* Makes one below TMPDIR, or /tmp. 0, or -errno: path is what could not be made. */
int made_open(struct made *made);

/* Removes it. */
void made_close(struct made *made);

#endif
