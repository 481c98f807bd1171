/* Listening sockets. */
#include "master/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "master/connection.h"
#include "master/server.h"

enum { BACKLOG = 4096, ACCEPT_BATCH = 64, NAME_MAX_BYTES = 256, ADMIN_CONNECTIONS = 64 };

static const uint64_t LACK_PAUSE_NS = 100000000;
static const char UNIX_PREFIX[] = "unix:";

/* ---- Addresses ---- */

/* Splits "HOST:PORT" or "[IPV6]:PORT"; an empty host is any address. */
static int address_split(const char *text, char host[NAME_MAX_BYTES], const char **port) {
    const char *colon = strrchr(text, ':');
    if (!colon || !colon[1]) {
        return -EINVAL;
    }
    const char *begin = text;
    const char *end = colon;
    if (*text == '[') {
        begin = text + 1;
        end = colon - 1;
        if (end < begin || *end != ']') {
            return -EINVAL;
        }
    }
    size_t length = (size_t)(end - begin);
    if (length >= NAME_MAX_BYTES) {
        return -EINVAL;
    }
    memcpy(host, begin, length);
    host[length] = '\0';
    *port = colon + 1;
    return 0;
}

static int address_resolve(const char *text, struct sockaddr_storage *address, socklen_t *length) {
    char host[NAME_MAX_BYTES];
    const char *port;
    int error = address_split(text, host, &port);
    if (error) {
        return error;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    if (!host[0]) {
        hints.ai_family = AF_INET6; /* takes IPv4 too */
    }
    if (getaddrinfo(host[0] ? host : NULL, port, &hints, &found) != 0) {
        return -EADDRNOTAVAIL;
    }
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

/* What we were bound to: the port may have been 0. */
static void address_learn(struct listener *l) {
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    if (getsockname(l->fd, (struct sockaddr *)&bound, &length) < 0) {
        return;
    }
    if (bound.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&bound;
        inet_ntop(AF_INET, &in->sin_addr, l->address, sizeof(l->address));
        l->port = ntohs(in->sin_port);
    } else if (bound.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&bound;
        inet_ntop(AF_INET6, &in->sin6_addr, l->address, sizeof(l->address));
        l->port = ntohs(in->sin6_port);
    }
}

/* ---- Opening ---- */

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
    l->fd = inheritance_claim(&l->server->inheritance, l->admin, &storage);
    if (l->fd >= 0) {
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
    l->fd = inheritance_claim(&l->server->inheritance, l->admin, &address);
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

/* It stays while there are connections that came by it. */
static void listener_close(struct listener *l) {
    loop_forget(&l->server->loop, l->fd);
    fd_close(&l->fd);
    if (l->unix_path) {
        unlink(l->unix_path);
        free(l->unix_path);
        l->unix_path = NULL;
    }
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

static const char *hint(int error) {
    switch (error) {
    case -EADDRINUSE:
        return "; another server listens there: end it, or choose another by --listen";
    case -EACCES:
        return "; ports below 1024 are for root: choose another by --listen";
    case -EADDRNOTAVAIL:
        return "; this machine has no such address";
    default:
        return "";
    }
}

static struct listener *listener_new(struct server *server, const char *name, bool admin) {
    struct listener *l = calloc(1, sizeof(*l));
    if (l) {
        l->server = server;
        l->fd = -1;
        l->admin = admin;
        list_init(&l->link);
        l->name = strdup(name);
    }
    return l;
}

/* By socket activation: whoever has bound it owns its file. */
struct listener *listener_adopt(struct server *server, int fd, bool admin) {
    struct sockaddr_un address = {0};
    socklen_t length = sizeof(address) - 1;
    char name[sizeof("unix:") + sizeof(address.sun_path)] = "inherited";
    bool local = getsockname(fd, (struct sockaddr *)&address, &length) == 0 && address.sun_family == AF_UNIX;
    if (local) {
        snprintf(name, sizeof(name), "unix:%.*s", (int)sizeof(address.sun_path), address.sun_path);
    }
    struct listener *l = listener_new(server, name, admin);
    if (!l || !l->name) {
        free(l);
        close(fd);
        return NULL;
    }
    l->fd = fd;
    l->local = local;
    address_learn(l);
    list_append(&server->listeners, &l->link);
    return l;
}

struct listener *listener_open(struct server *server, const char *text, bool admin, bool quiet) {
    struct listener *l = listener_new(server, text, admin);
    if (!l) {
        return NULL;
    }
    int error = l->name ? listener_bind(l, text) : -ENOMEM;
    if (error) {
        if (!quiet) {
            log_line(LOG_ERROR, "cannot listen on %s: %s%s", text, strerror(-error), hint(error));
        }
        listener_close(l);
        errno = -error;
        return NULL;
    }
    address_learn(l);
    list_append(&server->listeners, &l->link);
    return l;
}

const char *listener_address(const struct listener *l, char text[LISTENER_TEXT]) {
    if (l->local) {
        return l->name;
    }
    snprintf(text, LISTENER_TEXT, strchr(l->address, ':') ? "[%s]:%u" : "%s:%u", l->address, l->port);
    return text;
}

/* ---- Another master, another configuration ---- */

void listeners_hand_over(struct server *server) {
    for (struct list *at = server->listeners.next; at != &server->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        free(l->unix_path);
        l->unix_path = NULL;
    }
    listeners_close(server, true);
}

static bool listens_on(const struct listener *l, const char *text) {
    char address[LISTENER_TEXT];
    return strcmp(l->name, text) == 0 || strcmp(listener_address(l, address), text) == 0;
}

static struct listener *listener_find(const struct server *server, const char *text) {
    for (struct list *at = server->listeners.next; at != &server->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (!l->admin && listens_on(l, text)) {
            return l;
        }
    }
    return NULL;
}

/* Closes what was opened and never accepted on. */
static void prepared_close(struct server *server) {
    for (struct list *at = server->listeners.next, *next; at != &server->listeners; at = next) {
        struct listener *l = container_of(at, struct listener, link);
        next = at->next;
        if (!l->source.ready && !l->admin) {
            listener_close(l);
        } else {
            l->stays = false;
        }
    }
}

int listeners_prepare(struct server *server, const struct config *config, char *text, size_t size) {
    prepared_close(server);
    for (size_t i = 0; i < config->listen_count; i++) {
        struct listener *l = listener_find(server, config->listen[i]);
        l = l ? l : listener_open(server, config->listen[i], false, true);
        if (!l) {
            int error = -errno;
            snprintf(text, size, "cannot listen on %s: %s%s", config->listen[i], strerror(-error), hint(error));
            prepared_close(server);
            return error;
        }
        l->stays = true;
    }
    return 0;
}

void listeners_switch(struct server *server) {
    char address[LISTENER_TEXT];
    for (struct list *at = server->listeners.next, *next; at != &server->listeners; at = next) {
        struct listener *l = container_of(at, struct listener, link);
        next = at->next;
        if (l->admin) {
            continue;
        }
        if (!l->stays) {
            log_line(LOG_NOTICE, "listening on %s no longer", listener_address(l, address));
            listener_close(l);
        } else if (!l->source.ready) {
            log_line(LOG_NOTICE, "listening on %s", listener_address(l, address));
            (void)listener_watch(l);
        }
    }
}

/* ---- Accepting ---- */

/* The view inside has room of its own, so that it can be had when the server is full. */
static bool room(const struct listener *l) {
    return l->admin ? l->users < ADMIN_CONNECTIONS : l->server->connection_count < l->server->connection_limit;
}

static void pause_accepting(struct listener *l, uint64_t resume) {
    loop_forget(&l->server->loop, l->fd);
    l->paused = true;
    l->resume = resume;
}

static void listener_ready(struct source *source, uint32_t events) {
    (void)events;
    struct listener *l = container_of(source, struct listener, source);
    struct server *server = l->server;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        if (!room(l)) {
            pause_accepting(l, UINT64_MAX);
            return;
        }
        struct sockaddr_storage peer;
        socklen_t length = sizeof(peer);
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                log_line(LOG_WARNING, "no connection can be accepted: %s", strerror(errno));
                pause_accepting(l, server->loop.now + LACK_PAUSE_NS);
                return;
            }
            if (errno == EAGAIN) {
                return;
            }
            continue; /* this one was gone before it was accepted: accept(2) */
        }
        int error = connection_open(server, l, fd, &peer);
        if (error) {
            log_line(LOG_WARNING, "a connection was dropped: %s", strerror(-error));
        }
    }
}

int listener_watch(struct listener *l) {
    l->source.ready = listener_ready;
    l->paused = false;
    return loop_watch(&l->server->loop, l->fd, &l->source, EPOLLIN);
}

int listeners_watch(struct server *server) {
    int error = 0;
    for (struct list *at = server->listeners.next; at != &server->listeners && !error; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        error = l->admin ? 0 : listener_watch(l);
    }
    return error;
}

void listeners_resume(struct server *server) {
    for (struct list *at = server->listeners.next; at != &server->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (l->paused && (l->resume == UINT64_MAX ? room(l) : l->resume <= server->loop.now)) {
            (void)listener_watch(l);
        }
    }
}

uint64_t listeners_next(const struct server *server) {
    uint64_t next = UINT64_MAX;
    for (struct list *at = server->listeners.next; at != &server->listeners; at = at->next) {
        const struct listener *l = container_of(at, struct listener, link);
        next = l->paused && l->resume < next ? l->resume : next;
    }
    return next;
}

/* What is in the backlog has been promised an answer, but for what another master takes. */
void listeners_accept_last(struct server *server) {
    for (struct list *at = server->listeners.next; at != &server->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (!l->admin && !l->paused && l->source.ready) {
            l->source.ready(&l->source, EPOLLIN);
        }
    }
}

void listeners_close(struct server *server, bool all) {
    for (struct list *at = server->listeners.next, *next; at != &server->listeners; at = next) {
        struct listener *l = container_of(at, struct listener, link);
        next = at->next;
        if (all || !l->admin) {
            listener_close(l);
        }
    }
}
