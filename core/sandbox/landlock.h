/*
 * Landlock, landlock(7): a domain that a process enters with its children to come and never leaves. Whoever is in one
 * can trace, read the memory of, and take descriptors from nobody outside of it; what else it denies is said when it is
 * made. The kernel counts what it can deny by an ABI number, which grows.
 */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdint.h>

enum {
    LANDLOCK_ABI_DOMAIN = 2,  /* Linux 5.19; in a domain of ABI 1 no file could be moved from one folder to another */
    LANDLOCK_ABI_PORTS = 4,   /* Linux 6.7 */
    LANDLOCK_ABI_SIGNALS = 6, /* Linux 6.12 */
};

/* What a domain denies, unless it is allowed afterwards. A zeroed struct is no domain. */
struct landlock_denial {
    uint64_t files;  /* LANDLOCK_ACCESS_FS_* */
    uint64_t ports;  /* LANDLOCK_ACCESS_NET_*_TCP */
    uint64_t scoped; /* LANDLOCK_SCOPE_*: towards whoever is outside */
};

/* What may be allowed. */
enum landlock_use { LANDLOCK_MOVE, LANDLOCK_READ, LANDLOCK_WRITE, LANDLOCK_EXECUTE, LANDLOCK_USES };
enum landlock_port { LANDLOCK_LISTEN, LANDLOCK_CONNECT };

/* The kernel's ABI; 0: it has no Landlock, or it is not to be used. */
int landlock_abi(void);

/* The domain that takes from plugins nothing that they use: the least that a kernel of that ABI makes one of, and
 * signals to whoever is outside. Without a scope of signals LANDLOCK_MOVE is to be allowed at "/". Pure. */
struct landlock_denial landlock_least(int abi);

/* All that a kernel of that ABI can deny. Pure. */
struct landlock_denial landlock_most(int abi);

/* That use of ports is not denied, of none. Pure. */
void landlock_spare(struct landlock_denial *denial, enum landlock_port use);

/* A domain that is being made. */
struct landlock {
    int ruleset;
    struct landlock_denial denial;
};

/* 0, or -errno; to be ended in any case. */
int landlock_begin(struct landlock *domain, const struct landlock_denial *denial);

/* Allows that use of a file, or of a folder and all below it. 0; or -errno, as -ENOENT. */
int landlock_allow(struct landlock *domain, const char *path, enum landlock_use use);

/* Allows that use of a port, where the kernel can tell. 0, or -errno. */
int landlock_allow_port(struct landlock *domain, uint16_t port, enum landlock_port use);

/* Enters it; no_new_privs must be set. 0, or -errno. */
int landlock_enter(const struct landlock *domain);

void landlock_end(struct landlock *domain);

#endif
