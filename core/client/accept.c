/* Accepting. */
#include "client/accept.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/advance.h"
#include "client/clients.h"
#include "client/listener.h"
#include "client/service.h"

enum { ACCEPT_BATCH = 64, APART_CONNECTIONS = 64 };

static const uint64_t LACK_PAUSE_NS = 100 * NS_PER_MS;

/* Those apart have room of their own, so that the view inside can be had when the server is full. */
static bool room(const struct listener *l) {
    return l->service->apart ? l->users < APART_CONNECTIONS : l->clients->count < l->clients->limit;
}

static void pause_accepting(struct listener *l, uint64_t resume) {
    loop_forget(l->clients->loop, l->fd);
    l->paused = true;
    l->resume = resume;
}

static void listener_ready(struct source *source, uint32_t events) {
    (void)events;
    struct listener *l = container_of(source, struct listener, source);
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
                pause_accepting(l, l->clients->loop->now + LACK_PAUSE_NS);
                return;
            }
            if (errno == EAGAIN) {
                return;
            }
            continue; /* this one was gone before it was accepted: accept(2) */
        }
        int error = connection_open(l, fd, &peer);
        if (error) {
            log_line(LOG_WARNING, "a connection was dropped: %s", strerror(-error));
        }
    }
}

int accept_begin(struct listener *l) {
    l->source.ready = listener_ready;
    l->paused = false;
    return loop_watch(l->clients->loop, l->fd, &l->source, EPOLLIN);
}

void accept_resume(struct clients *clients) {
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (l->paused && (l->resume == UINT64_MAX ? room(l) : l->resume <= clients->loop->now)) {
            (void)accept_begin(l);
        }
    }
}

uint64_t accept_next(const struct clients *clients) {
    uint64_t next = UINT64_MAX;
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        const struct listener *l = container_of(at, struct listener, link);
        next = l->paused && l->resume < next ? l->resume : next;
    }
    return next;
}

void accept_last(struct listener *l) {
    if (!l->paused && l->source.ready) {
        listener_ready(&l->source, EPOLLIN);
    }
}
