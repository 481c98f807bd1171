/* The sandbox of a worker. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "base/needs.h"
#include "sandbox/domain.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"

/* Builds with tests can be made to see an older kernel; it is never a newer one. */
static struct sandbox_kernel aged(struct sandbox_kernel kernel) {
#if defined(SANDBOX_SEAM)
    const char *landlock = getenv("SOCGI_TEST_LANDLOCK");
    int most = landlock ? (int)strtol(landlock, NULL, 10) : kernel.landlock;
    kernel.landlock = most < kernel.landlock ? most : kernel.landlock;
    kernel.filter = kernel.filter && !getenv("SOCGI_TEST_NO_SECCOMP");
#endif
    return kernel;
}

struct sandbox_kernel sandbox_kernel(void) {
    return aged((struct sandbox_kernel){.landlock = landlock_abi(), .filter = filter_possible()});
}

void sandbox_tell(const struct sandbox_kernel *kernel, char text[SANDBOX_TEXT]) {
    int at =
        kernel->landlock >= LANDLOCK_ABI_DOMAIN ? snprintf(text, SANDBOX_TEXT, "landlock %d", kernel->landlock) : 0;
    if (kernel->filter) {
        snprintf(text + at, (size_t)(SANDBOX_TEXT - at), "%sseccomp", at > 0 ? ", " : "");
    } else if (at == 0) {
        snprintf(text, SANDBOX_TEXT, "no_new_privs");
    }
}

bool sandbox_lacks(const struct sandbox_kernel *kernel, char text[SANDBOX_TEXT]) {
    char landlock[160] = "";
    if (kernel->landlock < LANDLOCK_ABI_DOMAIN) {
        snprintf(landlock, sizeof(landlock),
                 "no Landlock of ABI %d, from Linux 5.19 on, if it is enabled there and no container's seccomp profile "
                 "refuses it",
                 LANDLOCK_ABI_DOMAIN);
    } else if (kernel->landlock < LANDLOCK_ABI_SIGNALS) {
        snprintf(landlock, sizeof(landlock), "landlock %d has no scope of signals, from Linux 6.12 on%s",
                 kernel->landlock, kernel->landlock < LANDLOCK_ABI_PORTS ? ", and no ports, from 6.7 on" : "");
    }
    snprintf(text, SANDBOX_TEXT, "%s%s%s", landlock, landlock[0] && !kernel->filter ? "; " : "",
             kernel->filter ? "" : "no seccomp filters");
    return text[0] != '\0';
}

static int part_enter(const char *name, int error) {
    if (error) {
        log_line(LOG_ERROR, "the sandbox cannot be entered: %s: %s", name, strerror(-error));
    }
    return error;
}

int sandbox_enter(const struct sandbox_wish *wish, int *listener) {
    *listener = -1;
    struct sandbox_kernel kernel = sandbox_kernel();
    int error = part_enter("no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0);
    if (!error && kernel.landlock > 0 && !needs_all(wish->bound)) { /* the kernel denies what either domain does */
        error = part_enter("landlock", domain_enter(kernel.landlock, wish->bound, wish->folder));
    }
    if (!error && kernel.landlock > 0) {
        error = part_enter("landlock", domain_enter(kernel.landlock, wish->needs, wish->folder));
    }
    if (!error && kernel.filter) {
        error = part_enter("seccomp", filter_enter(wish->needs, listener));
    }
    return error;
}
