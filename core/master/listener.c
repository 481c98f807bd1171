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

enum { BACKLOG = 4096, ACCEPT_BATCH = 64, NAME_MAX_BYTES = 256 };

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
static void address_learn(struct listener *l, char *name, size_t size) {
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    name[0] = '\0';
    if (getsockname(l->fd, (struct sockaddr *)&bound, &length) < 0) {
        return;
    }
    if (bound.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&bound;
        inet_ntop(AF_INET, &in->sin_addr, l->address, sizeof(l->address));
        l->port = ntohs(in->sin_port);
        snprintf(name, size, "%s:%u", l->address, l->port);
    } else if (bound.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&bound;
        inet_ntop(AF_INET6, &in->sin6_addr, l->address, sizeof(l->address));
        l->port = ntohs(in->sin6_port);
        snprintf(name, size, "[%s]:%u", l->address, l->port);
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
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    unix_clear(&address);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0 || bind(l->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        return -errno;
    }
    l->unix_path = strdup(path);
    return l->unix_path ? 0 : -ENOMEM;
}

static int tcp_bind(struct listener *l, const char *text) {
    struct sockaddr_storage address;
    socklen_t length;
    const int on = 1;
    const int off = 0;
    int error = address_resolve(text, &address, &length);
    if (error) {
        return error;
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
    fd_close(&l->fd);
    if (l->unix_path) {
        unlink(l->unix_path);
        free(l->unix_path);
    }
    list_remove(&l->link);
    free(l);
}

int listener_open(struct server *server, const char *text) {
    struct listener *l = calloc(1, sizeof(*l));
    if (!l) {
        return -ENOMEM;
    }
    l->server = server;
    l->fd = -1;
    list_init(&l->link);
    bool is_unix = strncmp(text, UNIX_PREFIX, sizeof(UNIX_PREFIX) - 1) == 0;
    int error = is_unix ? unix_bind(l, text + sizeof(UNIX_PREFIX) - 1) : tcp_bind(l, text);
    if (!error && listen(l->fd, BACKLOG) < 0) {
        error = -errno;
    }
    if (error) {
        log_line(LOG_ERROR, "cannot listen on %s: %s", text, strerror(-error));
        listener_free(l);
        return error;
    }
    char name[NAME_MAX_BYTES];
    address_learn(l, name, sizeof(name));
    log_line(LOG_NOTICE, "listening on %s", is_unix ? text : name);
    list_append(&server->listeners, &l->link);
    return 0;
}

/* ---- Accepting ---- */

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
        if (server->connection_count >= server->connection_limit) {
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

static int listener_watch(struct listener *l) {
    l->source.ready = listener_ready;
    l->paused = false;
    return loop_watch(&l->server->loop, l->fd, &l->source, EPOLLIN);
}

int listeners_watch(struct server *server) {
    int error = 0;
    for (struct list *at = server->listeners.next; at != &server->listeners && !error; at = at->next) {
        error = listener_watch(container_of(at, struct listener, link));
    }
    return error;
}

void listeners_resume(struct server *server) {
    for (struct list *at = server->listeners.next; at != &server->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        bool room = server->connection_count < server->connection_limit;
        if (l->paused && (l->resume == UINT64_MAX ? room : l->resume <= server->loop.now)) {
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

void listeners_close(struct server *server) {
    while (!list_empty(&server->listeners)) {
        struct listener *l = container_of(server->listeners.next, struct listener, link);
        loop_forget(&server->loop, l->fd);
        listener_free(l);
    }
}
