/*
 * Landlock, landlock(7): a domain that a process enters with its children to come and never leaves. Whoever is in one
 * can trace, read the memory of, and take descriptors from nobody outside of it; what else it denies is said when it is
 * made. The kernel counts what it can deny by an ABI number, which grows.
 */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdint.h>

enum {
    LANDLOCK_ABI_DOMAIN = 2, /* Linux 5.19; in a domain of ABI 1 no file could be moved from one folder to another */
    LANDLOCK_ABI_SIGNALS = 6 /* Linux 6.12 */
};

/* What a domain denies. A zeroed struct is no domain. */
struct landlock_denial {
    uint64_t files;   /* LANDLOCK_ACCESS_FS_*: denied where no rule allows them */
    uint64_t allowed; /* of these, what is allowed everywhere */
    uint64_t scoped;  /* LANDLOCK_SCOPE_*: denied towards whoever is outside */
};

/* The kernel's ABI; 0: it has no Landlock, or it is not to be used. */
int landlock_abi(void);

/* The domain that takes from plugins nothing that they use: the least that a kernel of that ABI makes one of, and
 * signals to whoever is outside. Pure. */
struct landlock_denial landlock_least(int abi);

/* Enters a new domain; no_new_privs must be set. 0, or -errno. */
int landlock_enter(const struct landlock_denial *denial);

#endif
