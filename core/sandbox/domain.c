/* A worker's domain. */
#include "sandbox/domain.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/log.h"
#include "base/needs.h"
#include "sandbox/landlock.h"

/* What every program may read whose needs are told: its libraries, and what the C library itself looks into. The list
 * stands in deploy/ISOLATION.md, too. */
static const char *const readable[] = {
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/locale.alias",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
};

/* And write. */
static const char *const writable[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};

/* Each of the list that there is. */
static int list_allow(struct landlock *d, const char *const *paths, size_t count, enum landlock_use use) {
    for (size_t i = 0; i < count; i++) {
        int error = landlock_allow(d, paths[i], use);
        if (error && error != -ENOENT && error != -EACCES) {
            return error;
        }
    }
    return 0;
}

/* The dynamic loader, which the kernel starts with every program: that of this one. NULL: there is none. */
static const char *loader_find(void) {
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)(uintptr_t)getauxval(AT_PHDR);
    unsigned long count = headers ? getauxval(AT_PHNUM) : 0;
    uintptr_t base = 0;
    for (unsigned long i = 0; i < count; i++) {
        base = headers[i].p_type == PT_PHDR ? (uintptr_t)headers - headers[i].p_vaddr : base;
    }
    for (unsigned long i = 0; i < count; i++) {
        if (headers[i].p_type == PT_INTERP) {
            return (const char *)(base + headers[i].p_vaddr);
        }
    }
    return NULL;
}

/* What the operator has named and is not there is told, and cannot be used. */
static int path_allow(struct landlock *d, const struct need *need) {
    static const enum landlock_use uses[] = {
        [NEED_READ] = LANDLOCK_READ, [NEED_WRITE] = LANDLOCK_WRITE, [NEED_EXEC] = LANDLOCK_EXECUTE};
    char path[PATH_MAX];
    if (need->length >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    snprintf(path, sizeof(path), "%.*s", (int)need->length, need->path);
    int error = landlock_allow(d, path, uses[need->kind]);
    if (error) {
        log_line(LOG_WARNING, "needs: %s: %s", path, strerror(-error));
    }
    return 0;
}

static int need_allow(struct landlock *d, const struct need *need) {
    const char *loader;
    int error = 0;
    switch (need->kind) {
    case NEED_EXEC:
        loader = loader_find();
        error = loader ? landlock_allow(d, loader, LANDLOCK_EXECUTE) : 0;
        return error ? error : path_allow(d, need);
    case NEED_READ:
    case NEED_WRITE:
        return path_allow(d, need);
    case NEED_CONNECT_TCP:
        return landlock_allow_port(d, need->port, LANDLOCK_CONNECT);
    case NEED_LISTEN_TCP:
        return need->port ? landlock_allow_port(d, need->port, LANDLOCK_LISTEN) : 0;
    default:
        return 0; /* the filter's */
    }
}

static int needs_allow(struct landlock *d, const char *needs, const char *folder) {
    struct need need;
    int error = list_allow(d, readable, sizeof(readable) / sizeof(readable[0]), LANDLOCK_READ);
    error = error ? error : list_allow(d, writable, sizeof(writable) / sizeof(writable[0]), LANDLOCK_WRITE);
    error = error ? error : landlock_allow(d, folder, LANDLOCK_READ);
    while (!error && needs_next(&needs, &need) > 0) {
        error = need_allow(d, &need);
    }
    return error;
}

int domain_enter(int abi, const char *needs, const char *folder) {
    struct landlock domain;
    bool all = needs_all(needs);
    struct landlock_denial denial = all ? landlock_least(abi) : landlock_most(abi);
    if (!all && needs_have_any(needs, NEED_LISTEN_TCP)) {
        landlock_spare(&denial, LANDLOCK_LISTEN);
    }
    if (denial.files == 0 && denial.scoped == 0) {
        return 0;
    }
    int error = landlock_begin(&domain, &denial);
    if (!error && !all) {
        error = needs_allow(&domain, needs, folder);
    } else if (!error && denial.files) {
        error = landlock_allow(&domain, "/", LANDLOCK_MOVE);
    }
    error = error ? error : landlock_enter(&domain);
    landlock_end(&domain);
    return error;
}
