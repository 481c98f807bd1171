/* Landlock's domains, by its system calls: no C library has functions for them, and its header may be older than the
 * kernel. */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* landlock_ruleset_attr of ABI 6. */
struct ruleset {
    uint64_t handled_access_fs;  /* from ABI 1 on */
    uint64_t handled_access_net; /* 4 */
    uint64_t scoped;             /* 6 */
};

/* landlock_net_port_attr of ABI 4. */
struct port_rule {
    uint64_t allowed_access;
    uint64_t port;
};
enum { RULE_PORT = 2 };

#define BIT(number) (UINT64_C(1) << (number))

/* ---- What a kernel can deny ---- */

enum { SCOPE_ABSTRACT_SOCKETS = 0, SCOPE_SIGNALS = 1, LISTEN = 0, CONNECT = 1 };

#define MOVE BIT(13)      /* LANDLOCK_ACCESS_FS_REFER, ABI 2 */
#define TRUNCATE BIT(14)  /* ABI 3 */
#define IOCTL_DEV BIT(15) /* ABI 5 */
#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAKE                                                                                                           \
    (LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                        \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define REMOVE (LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define OF_A_FILE                                                                                                      \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | TRUNCATE | IOCTL_DEV)

int landlock_abi(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* A domain must deny something. From ABI 6 on signals to others are enough, and files cost nothing; before, it denies
 * to make block devices, which only root could and no handler does. With any denial of files moving them between
 * folders is denied, too, unless it is allowed. */
struct landlock_denial landlock_least(int abi) {
    if (abi >= LANDLOCK_ABI_SIGNALS) {
        return (struct landlock_denial){.scoped = BIT(SCOPE_SIGNALS)};
    }
    if (abi >= LANDLOCK_ABI_DOMAIN) {
        return (struct landlock_denial){.files = LANDLOCK_ACCESS_FS_MAKE_BLOCK | MOVE};
    }
    return (struct landlock_denial){0};
}

/* How many of the bits of files each ABI has, from the lowest on. */
struct landlock_denial landlock_most(int abi) {
    static const int files[] = {0, 13, 14, 15, 15, 16};
    enum { LAST = sizeof(files) / sizeof(files[0]) - 1 };
    return (struct landlock_denial){
        .files = BIT(files[abi < 0      ? 0
                           : abi < LAST ? abi
                                        : LAST]) -
                 1,
        .ports = abi >= LANDLOCK_ABI_PORTS ? BIT(LISTEN) | BIT(CONNECT) : 0,
        .scoped = abi >= LANDLOCK_ABI_SIGNALS ? BIT(SCOPE_ABSTRACT_SOCKETS) | BIT(SCOPE_SIGNALS) : 0};
}

static uint64_t port_bit(enum landlock_port use) {
    return use == LANDLOCK_LISTEN ? BIT(LISTEN) : BIT(CONNECT);
}

void landlock_spare(struct landlock_denial *denial, enum landlock_port use) {
    denial->ports &= ~port_bit(use);
}

/* ---- A domain ---- */

int landlock_begin(struct landlock *d, const struct landlock_denial *denial) {
    const struct ruleset attributes = {
        .handled_access_fs = denial->files, .handled_access_net = denial->ports, .scoped = denial->scoped};
    d->denial = *denial;
    /* What a kernel does not know it takes as long as that is zero. */
    d->ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
    return d->ruleset < 0 ? -errno : 0;
}

int landlock_allow(struct landlock *d, const char *path, enum landlock_use use) {
    static const uint64_t access[LANDLOCK_USES] = {[LANDLOCK_MOVE] = MOVE,
                                                   [LANDLOCK_READ] = READ,
                                                   [LANDLOCK_WRITE] = READ | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE |
                                                                      MAKE | REMOVE | MOVE,
                                                   [LANDLOCK_EXECUTE] = READ | LANDLOCK_ACCESS_FS_EXECUTE};
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int error = -errno;
        fd_close(&fd);
        return error;
    }
    struct landlock_path_beneath_attr rule = {.allowed_access = access[use] & d->denial.files, .parent_fd = fd};
    if (!S_ISDIR(st.st_mode)) {
        rule.allowed_access &= OF_A_FILE;
    }
    long failed =
        rule.allowed_access == 0 ? 0 : syscall(SYS_landlock_add_rule, d->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = failed ? -errno : 0;
    fd_close(&fd);
    return error;
}

int landlock_allow_port(struct landlock *d, uint16_t port, enum landlock_port use) {
    const struct port_rule rule = {.allowed_access = d->denial.ports & port_bit(use), .port = port};
    return rule.allowed_access && syscall(SYS_landlock_add_rule, d->ruleset, RULE_PORT, &rule, 0) ? -errno : 0;
}

int landlock_enter(const struct landlock *d) {
    return syscall(SYS_landlock_restrict_self, d->ruleset, 0) ? -errno : 0;
}

void landlock_end(struct landlock *d) {
    fd_close(&d->ruleset);
}
