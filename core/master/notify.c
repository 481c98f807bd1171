/* The notification protocol of sd_notify(3). */
#include "master/notify.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

static char *environment_take(const char *name) {
    const char *value = getenv(name);
    char *copy = value && value[0] ? strdup(value) : NULL;
    unsetenv(name);
    return copy;
}

void notifier_open(struct notifier *n, uint64_t now) {
    char *handed = environment_take("SOCGI_NOTIFY_SOCKET");
    char *given = environment_take("NOTIFY_SOCKET");
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    bool ours = usec && (!pid || handed || strtol(pid, NULL, 10) == getpid());
    *n = (struct notifier){.parent = handed ? given : NULL, .manager = handed ? handed : given, .next = UINT64_MAX};
    if (handed && strcmp(handed, "-") == 0) { /* the one that we replace has none to hand on */
        free(n->manager);
        n->manager = NULL;
    }
    if (ours && n->manager) {
        n->watchdog = strtoull(usec, NULL, 10) * 1000 / 2;
        n->next = n->watchdog ? now + n->watchdog : UINT64_MAX;
    }
    unsetenv("WATCHDOG_PID");
}

void notifier_close(struct notifier *n) {
    free(n->parent);
    free(n->manager);
    *n = (struct notifier){.next = UINT64_MAX};
}

/* An address begins with '/', or with '@' for a name that is in no folder: unix(7). */
static void tell(const char *address, const char *text) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(address);
    if (length >= sizeof(to.sun_path)) {
        return;
    }
    memcpy(to.sun_path, address, length);
    if (to.sun_path[0] == '@') {
        to.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
        socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
        ssize_t sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
        (void)sent; /* nobody has to listen */
    }
    fd_close(&fd);
}

void notify_ready(struct notifier *n) {
    if (n->parent) {
        tell(n->parent, "READY=1");
        free(n->parent);
        n->parent = NULL;
    }
    notify(n, "READY=1");
}

void notify(const struct notifier *n, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n->manager) {
        tell(n->manager, text);
    }
}

void notifier_turn(struct notifier *n, uint64_t now) {
    if (now >= n->next) {
        n->next = now + n->watchdog;
        notify(n, "WATCHDOG=1");
    }
}
