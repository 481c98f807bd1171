/* The listeners together. */
#include "client/listeners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/accept.h"
#include "client/address.h"
#include "client/clients.h"
#include "client/listener.h"
#include "client/service.h"
#include "config/config.h"

/* ---- The first ones ---- */

static void listener_tell(const struct listener *l) {
    char address[LISTENER_TEXT];
    log_line(LOG_NOTICE, "listening on %s", listener_address(l, address));
}

int listeners_adopt(struct clients *clients, const struct service *service) {
    int count = 0;
    for (int fd;
         !clients->inheritance.upgrade_of && (fd = inheritance_next(&clients->inheritance, service->apart)) >= 0;
         count++) {
        const struct listener *l = listener_adopt(clients, service, fd);
        if (!l) {
            return -ENOMEM;
        }
        if (!service->apart) {
            listener_tell(l);
        }
    }
    return count;
}

int listeners_open(struct clients *clients, const struct service *service) {
    const struct config *config = clients->config;
    int adopted = listeners_adopt(clients, service);
    for (size_t i = 0; adopted == 0 && i < config->listen_count; i++) {
        struct list *last = clients->listeners.prev;
        if (!listener_open(clients, service, config->listen[i], false)) {
            return -errno;
        }
        while ((last = last->next) != &clients->listeners) {
            listener_tell(container_of(last, struct listener, link));
        }
    }
    return adopted < 0 ? adopted : 0;
}

int listeners_watch(struct clients *clients) {
    int error = 0;
    clients->patience = 0;
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        listener_own(l);
        error = error || l->service->apart || l->source.ready ? error : accept_begin(l);
    }
    return error;
}

void listeners_expect(struct clients *clients) {
    if (!clients->inheritance.upgrade_of) {
        clients->patience = clients->loop->now + clients->config->queue_timeout_ms * NS_PER_MS;
    }
}

void listeners_turn(struct clients *clients) {
    if (clients->patience && clients->loop->now >= clients->patience) {
        log_line(LOG_WARNING, "no plugin could be loaded within queue_timeout: clients are answered 503 until one is");
        (void)listeners_watch(clients);
    }
}

/* ---- Another configuration ---- */

static bool listens_on(const struct listener *l, const char *text) {
    char address[LISTENER_TEXT];
    return strcmp(l->name, text) == 0 || strcmp(listener_address(l, address), text) == 0;
}

/* One of ours on that port, whatever its address. */
static const struct listener *port_find(const struct clients *clients, const char *text) {
    const char *colon = strrchr(text, ':');
    unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        const struct listener *l = container_of(at, struct listener, link);
        if (!l->local && l->port == port && l->source.ready) {
            return l;
        }
    }
    return NULL;
}

/* Those of that name stay. False: there are none. */
static bool listeners_keep(const struct clients *clients, const char *text) {
    bool kept = false;
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (!l->service->apart && listens_on(l, text)) {
            l->stays = kept = true;
        }
    }
    return kept;
}

void listeners_abandon(struct clients *clients) {
    for (struct list *at = clients->listeners.next, *next; at != &clients->listeners; at = next) {
        struct listener *l = container_of(at, struct listener, link);
        next = at->next;
        if (!l->source.ready && !l->service->apart) {
            listener_close(l);
        } else {
            l->stays = false;
        }
    }
}

int listeners_prepare(struct clients *clients, const struct service *service, const struct config *config, char *text,
                      size_t size) {
    listeners_abandon(clients);
    for (size_t i = 0; i < config->listen_count; i++) {
        if (!listeners_keep(clients, config->listen[i]) && !listener_open(clients, service, config->listen[i], true)) {
            int error = -errno;
            const struct listener *ours = error == -EADDRINUSE ? port_find(clients, config->listen[i]) : NULL;
            char address[LISTENER_TEXT];
            snprintf(text, size, "cannot listen on %s: %s%s%s%s", config->listen[i], strerror(-error),
                     ours ? "; it is this server that listens on " : address_hint(config->listen[i], error),
                     ours ? listener_address(ours, address) : "",
                     ours ? ": a restart goes over from the one to the other" : "");
            listeners_abandon(clients);
            return error;
        }
        (void)listeners_keep(clients, config->listen[i]);
    }
    return 0;
}

void listeners_switch(struct clients *clients) {
    char address[LISTENER_TEXT];
    for (struct list *at = clients->listeners.next, *next; at != &clients->listeners; at = next) {
        struct listener *l = container_of(at, struct listener, link);
        next = at->next;
        if (l->service->apart) {
            continue;
        }
        if (!l->stays) {
            log_line(LOG_NOTICE, "listening on %s no longer", listener_address(l, address));
            listener_close(l);
        } else if (!l->source.ready) {
            log_line(LOG_NOTICE, "listening on %s", listener_address(l, address));
            (void)accept_begin(l);
        }
    }
}

/* ---- Another master, and the end ---- */

size_t listeners_gather(const struct clients *clients, int *fds, char *names, size_t size) {
    size_t count = 0;
    names[0] = '\0';
    for (struct list *at = clients->listeners.next; at != &clients->listeners && count < INHERITED_MAX; at = at->next) {
        const struct listener *l = container_of(at, struct listener, link);
        size_t length = strlen(names);
        snprintf(names + length, size - length, "%s%s", count ? ":" : "", l->service->apart ? INHERITED_ADMIN : "http");
        fds[count++] = l->fd;
    }
    return count;
}

void listeners_hand_over(struct clients *clients) {
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        listener_disown(container_of(at, struct listener, link));
    }
    listeners_close(clients, true);
}

/* What is in the backlog has been promised an answer, but for what another master takes. */
void listeners_accept_last(struct clients *clients) {
    for (struct list *at = clients->listeners.next; at != &clients->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (!l->service->apart) {
            accept_last(l);
        }
    }
}

void listeners_close(struct clients *clients, bool all) {
    for (struct list *at = clients->listeners.next, *next; at != &clients->listeners; at = next) {
        struct listener *l = container_of(at, struct listener, link);
        next = at->next;
        if (all || !l->service->apart) {
            listener_close(l);
        }
    }
}
