/* What a plugin may leave behind in its worker. */
#ifndef WORKER_LEFT_H
#define WORKER_LEFT_H

enum left {
    LEFT_LOCALE,
    LEFT_FLOATING,
    LEFT_ENVIRONMENT,
    LEFT_FOLDER,
    LEFT_UMASK,
    LEFT_LIMIT,
    LEFT_BLOCKED,
    LEFT_TIMER,
    LEFT_STACK,   /* the alternate signal stack */
    LEFT_IGNORED, /* a signal at its default action, or ignored */
    LEFT_TAKEN,   /* a signal with a handler of its own that we need: ours is in front of it */
    LEFT_HANDLER, /* any other, which stays */
    LEFT_KINDS
};

enum left_end { LEFT_RESTORED, LEFT_STAYS, LEFT_SPOILED /* it cannot be put right: the worker must go */ };

/* Whom what was found is told. */
struct left_events {
    /* `number`: of the signal, for the last three; `what`: "SIGPIPE at its default action", until it returns. */
    void (*found)(void *data, enum left kind, int number, enum left_end end, const char *what);
    void *data;
};

#endif
