/* Landlock's domains, by its system calls: no C library has functions for them. */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* The header may be older than the kernel: this is landlock_ruleset_attr of ABI 6. */
struct ruleset {
    uint64_t handled_access_fs;  /* from ABI 1 on */
    uint64_t handled_access_net; /* 4 */
    uint64_t scoped;             /* 6 */
};

#define SCOPE_SIGNAL (UINT64_C(1) << 1)                 /* ABI 6 */
#define MOVE (UINT64_C(1) << 13)                        /* LANDLOCK_ACCESS_FS_REFER, ABI 2 */
#define MAKE_BLOCK_DEVICE LANDLOCK_ACCESS_FS_MAKE_BLOCK /* ABI 1 */

int landlock_abi(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* A domain must deny something. From ABI 6 on signals to others are enough, and files cost nothing; before, it denies
 * to make block devices, which only root could and no handler does. With any denial of files moving them between
 * folders is denied, too, unless a rule allows it. */
struct landlock_denial landlock_least(int abi) {
    if (abi >= LANDLOCK_ABI_SIGNALS) {
        return (struct landlock_denial){.scoped = SCOPE_SIGNAL};
    }
    if (abi >= LANDLOCK_ABI_DOMAIN) {
        return (struct landlock_denial){.files = MAKE_BLOCK_DEVICE | MOVE, .allowed = MOVE};
    }
    return (struct landlock_denial){0};
}

static int everywhere_allow(int ruleset, uint64_t access) {
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = root};
    long failed = root < 0 ? -1 : syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = failed ? -errno : 0;
    fd_close(&root);
    return error;
}

int landlock_enter(const struct landlock_denial *d) {
    const struct ruleset attributes = {.handled_access_fs = d->files, .scoped = d->scoped};
    /* A kernel refuses what it does not know, unless that is zero. */
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    int error = ruleset < 0 ? -errno : 0;
    if (!error && d->allowed) {
        error = everywhere_allow(ruleset, d->allowed);
    }
    if (!error && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
        error = -errno;
    }
    fd_close(&ruleset);
    return error;
}
