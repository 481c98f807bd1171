/* The masters that a guard knows: the one that it has started, and who has taken over since. The last is the one that
 * serves, those before it finish what they have begun. */
#ifndef GUARD_MASTERS_H
#define GUARD_MASTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* More than that do not drain at once: the oldest would be taken for something left behind. */
enum { MASTERS_MAX = 32 };

struct masters {
    struct {
        pid_t pid;
        int pidfd; /* readable when it has ended, which is before it can be reaped if it is not our child yet; -1 then
                    */
        bool ended;
    } list[MASTERS_MAX];
    size_t count;
    pid_t serving; /* the last one that was added; it may have ended */
    int status;    /* of that, as wait(2) has it, when it has been reaped */
};

void masters_init(struct masters *masters);

/* From now on it serves. One that is gone, reaped and all, is not added. */
void masters_add(struct masters *masters, pid_t pid);

/* A process was reaped: if it is one of them it is so no more. */
void masters_reaped(struct masters *masters, pid_t pid, int status);

bool masters_have(const struct masters *masters, pid_t pid);

/* The latest that has not ended; 0: none. */
pid_t masters_latest(const struct masters *masters);

#endif
