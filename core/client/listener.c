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

/* `both`: it takes IPv4, too. */
static int tcp_bind(struct listener *l, const struct sockaddr_storage *address, bool both) {
    const int on = 1;
    const int off = 0;
    l->fd = inheritance_claim(&l->clients->inheritance, l->service->apart, address);
    if (l->fd >= 0) {
        return 0;
    }
    l->fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0) {
        return -errno;
    }
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* inherited by what is accepted */
    if (address->ss_family == AF_INET6) {
        setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, both ? &off : &on, sizeof(on));
    }
    return bind(l->fd, (const struct sockaddr *)address, address_length(address)) < 0 ? -errno : 0;
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

/* ---- From the words of the configuration ---- */

/* One that is bound; NULL with errno set. `address` NULL: the unix socket that `text` names. */
static struct listener *listener_make(struct clients *clients, const struct service *service, const char *text,
                                      const struct sockaddr_storage *address) {
    struct listener *l = listener_new(clients, service, text);
    if (!l) {
        return NULL;
    }
    l->local = !address;
    int error = !l->name   ? -ENOMEM
                : !address ? unix_bind(l, text + sizeof(UNIX_PREFIX) - 1)
                           : tcp_bind(l, address, *text == ':');
    error = !error && listen(l->fd, BACKLOG) < 0 ? -errno : error;
    if (error) {
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

/* Whether it is the family that this kernel, or a container's rules, do not let us have. */
static bool is_no_family(int error) {
    return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EPERM || error == EACCES || error == EINVAL;
}

/* Any address: of IPv4 alone, where there is no IPv6. */
static struct listener *any_make(struct clients *clients, const struct service *service, const char *text,
                                 const struct sockaddr_storage *any6) {
    struct listener *l = listener_make(clients, service, text, any6);
    int error = errno;
    if (!l && is_no_family(error)) {
        const struct sockaddr_storage any4 = address_any4(any6);
        l = listener_make(clients, service, text, &any4);
        if (l) {
            log_line(LOG_NOTICE, "%s is of IPv4 alone, for IPv6 cannot be had here: %s", text, strerror(error));
        } else if (errno == EAFNOSUPPORT) {
            errno = error;
        }
    }
    return l;
}

/* One of ours that is there already, which has the name from now on. */
static struct listener *listener_take(const struct clients *clients, const struct service *service, const char *text,
                                      const struct sockaddr_storage *address) {
    char wanted[sizeof(((struct listener *)NULL)->address)];
    uint16_t port = 0;
    address_text(address, false, wanted, sizeof(wanted), &port);
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (l->service == service && !l->local && port != 0 && l->port == port && strcmp(l->address, wanted) == 0) {
            char *name = strdup(text);
            free(name ? l->name : NULL);
            l->name = name ? name : l->name;
            return l;
        }
    }
    return NULL;
}

/* All of a name's: the first decides the port where that is any. What cannot be had beside others is told. */
static struct listener *named_open(struct clients *clients, const struct service *service, const char *text,
                                   struct addresses *all) {
    struct listener *first = NULL;
    int errors[ADDRESSES_MAX];
    int error = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (first && address_port(&all->list[i]) == 0) {
            address_port_set(&all->list[i], first->port);
        }
        struct listener *l = listener_take(clients, service, text, &all->list[i]);
        l = l ? l : listener_make(clients, service, text, &all->list[i]);
        errors[i] = l ? 0 : errno;
        error = error ? error : errors[i];
        first = first ? first : l;
        if (l) {
            l->stays = true;
        }
    }
    for (size_t i = 0; first && i < all->count; i++) {
        char number[64];
        uint16_t port;
        address_text(&all->list[i], false, number, sizeof(number), &port);
        if (errors[i]) {
            log_line(is_no_family(errors[i]) ? LOG_NOTICE : LOG_WARNING, "%s: %s, port %u, is not listened on: %s%s",
                     text, number, port, strerror(errors[i]), address_hint(text, -errors[i]));
        }
    }
    errno = error;
    return first;
}

struct listener *listener_open(struct clients *clients, const struct service *service, const char *text, bool quiet) {
    struct addresses all;
    struct listener *l = NULL;
    if (strncmp(text, UNIX_PREFIX, sizeof(UNIX_PREFIX) - 1) == 0) {
        l = listener_make(clients, service, text, NULL);
    } else {
        int error = address_resolve(text, &all);
        errno = -error;
        l = error          ? NULL
            : *text == ':' ? any_make(clients, service, text, &all.list[0])
                           : named_open(clients, service, text, &all);
    }
    if (!l && !quiet) {
        int error = errno;
        log_line(LOG_ERROR, "cannot listen on %s: %s%s", text, strerror(error), address_hint(text, -error));
        errno = error;
    }
    return l;
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
