/* A listener. */
#include "client/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "client/address.h"
#include "client/clients.h"
#include "client/service.h"

enum { BACKLOG = 4096 };

static const char UNIX_PREFIX[] = "unix:";

/* A socket file that nobody listens on was left by a server that was killed. */
static void unix_clear(const struct sockaddr_un *address) {
    struct stat st;
    if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        return;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof(*address)) < 0 && errno == ECONNREFUSED) {
        unlink(address->sun_path);
    }
    fd_close(&probe);
}

static int unix_bind(struct listener *l, const char *path) {
    struct sockaddr_storage storage = {0};
    struct sockaddr_un *address = (struct sockaddr_un *)&storage;
    if (strlen(path) >= sizeof(address->sun_path)) {
        return -ENAMETOOLONG;
    }
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path) + 1);
    l->unix_path = strdup(path);
    if (!l->unix_path) {
        return -ENOMEM;
    }
    l->fd = inheritance_claim(&l->clients->inheritance, l->service->apart, &storage);
    if (l->fd >= 0) {
        l->borrowed = l->clients->inheritance.upgrade_of != 0;
        return 0;
    }
    unix_clear(address);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0 || bind(l->fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        int error = -errno;
        free(l->unix_path); /* it is not ours to remove */
        l->unix_path = NULL;
        return error;
    }
    return 0;
}

static int tcp_bind(struct listener *l, const char *text) {
    struct sockaddr_storage address = {0};
    socklen_t length;
    const int on = 1;
    const int off = 0;
    int error = address_resolve(text, &address, &length);
    if (error) {
        return error;
    }
    l->fd = inheritance_claim(&l->clients->inheritance, l->service->apart, &address);
    if (l->fd >= 0) {
        return 0;
    }
    l->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0) {
        return -errno;
    }
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* inherited by what is accepted */
    if (address.ss_family == AF_INET6) {
        setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, *text == ':' ? &off : &on, sizeof(on));
    }
    return bind(l->fd, (const struct sockaddr *)&address, length) < 0 ? -errno : 0;
}

static void listener_free(struct listener *l) {
    free(l->name);
    free(l);
}

void listener_close(struct listener *l) {
    loop_forget(l->clients->loop, l->fd);
    fd_close(&l->fd);
    if (l->unix_path && !l->borrowed) {
        unlink(l->unix_path);
    }
    free(l->unix_path);
    l->unix_path = NULL;
    list_remove(&l->link);
    if (l->users == 0) {
        listener_free(l);
    }
}

void listener_drop(struct listener *l) {
    if (--l->users == 0 && l->fd < 0) {
        listener_free(l);
    }
}

static int listener_bind(struct listener *l, const char *text) {
    l->local = strncmp(text, UNIX_PREFIX, sizeof(UNIX_PREFIX) - 1) == 0;
    int error = l->local ? unix_bind(l, text + sizeof(UNIX_PREFIX) - 1) : tcp_bind(l, text);
    return !error && listen(l->fd, BACKLOG) < 0 ? -errno : error;
}

/* What we were bound to: the port may have been 0. */
static void bound_learn(struct listener *l) {
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    if (getsockname(l->fd, (struct sockaddr *)&bound, &length) == 0) {
        address_text(&bound, false, l->address, sizeof(l->address), &l->port);
    }
}

static struct listener *listener_new(struct clients *clients, const struct service *service, const char *name) {
    struct listener *l = calloc(1, sizeof(*l));
    if (l) {
        l->clients = clients;
        l->service = service;
        l->fd = -1;
        list_init(&l->link);
        l->name = strdup(name);
    }
    return l;
}

/* By socket activation: whoever has bound it owns its file. */
struct listener *listener_adopt(struct clients *clients, const struct service *service, int fd) {
    struct sockaddr_un address = {0};
    socklen_t length = sizeof(address) - 1;
    char name[sizeof("unix:") + sizeof(address.sun_path)] = "inherited";
    bool local = getsockname(fd, (struct sockaddr *)&address, &length) == 0 && address.sun_family == AF_UNIX;
    if (local) {
        snprintf(name, sizeof(name), "unix:%.*s", (int)sizeof(address.sun_path), address.sun_path);
    }
    struct listener *l = listener_new(clients, service, name);
    if (!l || !l->name) {
        free(l);
        close(fd);
        return NULL;
    }
    l->fd = fd;
    l->local = local;
    bound_learn(l);
    list_append(&clients->listeners, &l->link);
    return l;
}

struct listener *listener_open(struct clients *clients, const struct service *service, const char *text, bool quiet) {
    struct listener *l = listener_new(clients, service, text);
    if (!l) {
        return NULL;
    }
    int error = l->name ? listener_bind(l, text) : -ENOMEM;
    if (error) {
        if (!quiet) {
            log_line(LOG_ERROR, "cannot listen on %s: %s%s", text, strerror(-error), address_hint(text, error));
        }
        listener_close(l);
        errno = -error;
        return NULL;
    }
    bound_learn(l);
    list_append(&clients->listeners, &l->link);
    return l;
}

void listener_own(struct listener *l) {
    l->borrowed = false;
}

void listener_disown(struct listener *l) {
    free(l->unix_path);
    l->unix_path = NULL;
}

const char *listener_address(const struct listener *l, char text[LISTENER_TEXT]) {
    if (l->local) {
        return l->name;
    }
    snprintf(text, LISTENER_TEXT, strchr(l->address, ':') ? "[%s]:%u" : "%s:%u", l->address, l->port);
    return text;
}
