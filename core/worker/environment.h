/* The environment of a worker: as it was, whether it still is, and back. Only the main thread may call these. */
#ifndef WORKER_ENVIRONMENT_H
#define WORKER_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

enum { ENVIRONMENT_NAME = 64 };

struct environment {
    char **list; /* what environ was, and the texts it listed: texts of others */
    char **texts;
    char **copies; /* of those */
    size_t count;
};

enum environment_change {
    ENVIRONMENT_SAME,
    ENVIRONMENT_GROWN,  /* there are more variables, and all of before */
    ENVIRONMENT_CHANGED /* one of before is gone, or has another value */
};

/* Takes note of how it is now; of a zeroed one, or again. 0, or -ENOMEM: it is empty then. */
int environment_take(struct environment *environment);

/* Without a look at the texts: costs nothing. A value that was written over is not seen. */
bool environment_same(const struct environment *environment);

/* With one. `name`: of the first variable that is not as it was. */
enum environment_change environment_compare(const struct environment *environment, char name[ENVIRONMENT_NAME]);

/* Everything is as it was; `grown`: but what has come stays, and is taken note of. 0, or -ENOMEM. */
int environment_restore(struct environment *environment, bool grown);

void environment_free(struct environment *environment);

#endif
