/* What a worker gives up before it loads a plugin. */
#include "worker/confine.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

/* `wanted` 0: as it is. Never more than there is already. */
static int limit(int resource, const char *name, uint64_t wanted) {
    struct rlimit now;
    if (wanted == 0) {
        return 0;
    }
    int error = getrlimit((__rlimit_resource_t)resource, &now) < 0 ? -errno : 0;
    if (!error) {
        rlim_t most = now.rlim_max < wanted ? now.rlim_max : wanted;
        const struct rlimit then = {.rlim_cur = most, .rlim_max = most};
        error = setrlimit((__rlimit_resource_t)resource, &then) < 0 ? -errno : 0;
    }
    if (error) {
        log_line(LOG_ERROR, "%s cannot be set: %s", name, strerror(-error));
    }
    return error;
}

/* As the server was given, and never more than a share of the master's, also when none is wanted: what is on its way
 * between processes counts for all of one user, up to the limit of whoever sends (unix(7), ETOOMANYREFS), and the
 * master must be able to send when workers are not.
 */
static int files_limit(uint64_t wanted) {
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) < 0) {
        return -errno;
    }
    rlim_t share = now.rlim_max / 2;
    if (wanted > 0) {
        return limit(RLIMIT_NOFILE, "files_limit", wanted < share ? wanted : share);
    }
    const struct rlimit then = {.rlim_cur = now.rlim_cur < share ? now.rlim_cur : share, .rlim_max = share};
    return setrlimit(RLIMIT_NOFILE, &then) < 0 ? -errno : 0;
}

/* Groups first, while we may. The kernel forgets the signal of a dying parent when the user changes: prctl(2). */
static int user_become(const struct wire_start *s) {
    if (!s->user[0] || (s->uid == geteuid() && s->gid == getegid())) {
        return 0;
    }
    if (initgroups(s->user, s->gid) < 0 || setresgid(s->gid, s->gid, s->gid) < 0 ||
        setresuid(s->uid, s->uid, s->uid) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) {
        int error = -errno;
        log_line(LOG_ERROR, "cannot become user %s: %s", s->user, strerror(-error));
        return error;
    }
    return 0;
}

int confine(const struct wire_start *s) {
    int error = user_become(s);
    error = error ? error : limit(RLIMIT_CPU, "cpu_limit", s->cpu_limit);
    error = error ? error : files_limit(s->files_limit);
    error = error ? error : limit(RLIMIT_NPROC, "processes_limit", s->processes_limit);
    return error ? error : limit(RLIMIT_AS, "memory_limit", s->memory_limit);
}
