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

/* GONE_MAX: so many of one turn may have gone before they were accepted; what fails more often is not theirs. */
enum { ACCEPT_BATCH = 64, APART_CONNECTIONS = 64, GONE_MAX = 16 };

static const uint64_t LACK_PAUSE_NS = 100 * NS_PER_MS, LACK_TELL_NS = 60 * NS_PER_SECOND;

/* Those apart have room of their own, so that the view inside can be had when the server is full. */
static bool room(const struct listener *l) {
    return l->service->apart ? l->users < APART_CONNECTIONS : l->clients->count < l->clients->limit;
}

static void pause_accepting(struct listener *l, uint64_t resume) {
    loop_forget(l->clients->loop, l->fd);
    l->paused = true;
    l->resume = resume;
}

/* Whatever it is may pass; it is told of once a minute, for all listeners. */
static void pause_for_lack(struct listener *l, int error) {
    struct clients *clients = l->clients;
    uint64_t now = clients->loop->now;
    if (clients->lack_told == 0 || now - clients->lack_told >= LACK_TELL_NS) {
        log_line(LOG_WARNING, "no connection can be accepted: %s; it is tried again and again", strerror(error));
        clients->lack_told = now;
    }
    pause_accepting(l, now + LACK_PAUSE_NS);
}

/* Errors of a connection that waited, not of us: accept(2). */
static bool was_gone(int error) {
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == ENOPROTOOPT || error == ENETDOWN ||
           error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH || error == ENONET || error == ETIMEDOUT;
}

static void listener_ready(struct source *source, uint32_t events) {
    (void)events;
    struct listener *l = container_of(source, struct listener, source);
    int gone = 0;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        if (!room(l)) {
            pause_accepting(l, UINT64_MAX);
            return;
        }
        struct sockaddr_storage peer;
        socklen_t length = sizeof(peer);
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EAGAIN) {
                return;
            }
            if (was_gone(errno) && ++gone < GONE_MAX) {
                continue;
            }
            pause_for_lack(l, errno);
            return;
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
    int error = loop_watch(l->clients->loop, l->fd, &l->source, EPOLLIN);
    if (error) {
        pause_for_lack(l, -error);
    }
    return error;
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
