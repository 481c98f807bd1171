/* The system's compiler: from a unit to a shared object. CC, CXX, CFLAGS, CXXFLAGS and LDFLAGS are honoured. */
#ifndef DEV_TOOLCHAIN_H
#define DEV_TOOLCHAIN_H

#include "base/buffer.h"
#include "dev/unit.h"

enum goal { GOAL_DEBUG, GOAL_RELEASE };

/* Why a unit could not be made. */
enum {
    TOOLCHAIN_WRONG = 1,     /* it does not compile */
    TOOLCHAIN_LACKING = 2,   /* what it is compiled with, or against, is not there */
    TOOLCHAIN_UNLOADABLE = 3 /* it was compiled, for a release, and no server can load it */
};

/* "does not compile", ...; never NULL. */
const char *toolchain_verdict(int status);

struct toolchain {
    char *include; /* folder of socgi/plugin.h */
    enum goal goal;
    int stop; /* readable: the compiler is to be ended; PROGRAM_NEVER, see program.h */
};

/* Finds the SDK that was installed with the program. 0; -ENOENT: it is not there, which is told by complaint(). */
int toolchain_find(struct toolchain *toolchain, enum goal goal);
void toolchain_free(struct toolchain *toolchain);

/*
 * Makes NAME.so in `folder` of a unit, in one step as others see it. What the compiler says is appended to *said, also
 * when all is well. 0; one of TOOLCHAIN_*; or -errno: -EINTR is that it was stopped.
 */
int toolchain_make(const struct toolchain *toolchain, const struct unit *unit, const char *folder, struct buffer *said);

#endif
