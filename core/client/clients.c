/* The client room: its state, and its parts together. */
#include "client/clients.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "client/accept.h"
#include "client/advance.h"
#include "client/connection.h"
#include "client/deadlines.h"
#include "client/listeners.h"
#include "config/config.h"
#include "wire/request.h"

/* FIELDS_MAX: the most that field_limit can be. */
enum { FIELDS_MAX = 10000, SPARE_FDS = 64, FDS_PER_WORKER = 8 };

/* As many descriptors as we may have; connections get what is left by workers, logs and answers on their way. */
static void limit_configure(struct clients *clients, const struct config *config) {
    struct rlimit limit;
    clients->limit = config->connections;
    clients->descriptors = UINT64_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        uint64_t own = SPARE_FDS + (uint64_t)FDS_PER_WORKER * config_workers(config);
        uint64_t reserved = own + limit.rlim_cur / 8;
        clients->descriptors = limit.rlim_cur > own ? limit.rlim_cur - own : 0;
        uint64_t room = limit.rlim_cur > reserved + 1 ? limit.rlim_cur - reserved : 1;
        if (room < clients->limit) {
            log_line(LOG_WARNING, "connections: %u are wanted, the limit of open files (%llu) leaves room for %llu",
                     config->connections, (unsigned long long)limit.rlim_cur, (unsigned long long)room);
            clients->limit = (uint32_t)room;
        }
    }
}

/* What lies there is others', too: at most half of the file system, which may be memory (tmpfs). */
static void spool_configure(struct clients *clients, const struct config *config) {
    struct statvfs fs;
    clients->spool_limit = config->body_total;
    if (statvfs(config->spool_folder, &fs) == 0 && fs.f_blocks > 0) {
        uint64_t half = (uint64_t)fs.f_blocks / 2 * fs.f_frsize;
        if (half < clients->spool_limit) {
            log_line(LOG_NOTICE,
                     "body_total: %llu bytes are allowed, half of the file system of spool_folder %s is %llu",
                     (unsigned long long)config->body_total, config->spool_folder, (unsigned long long)half);
            clients->spool_limit = half;
        }
    }
}

static void limits_configure(struct clients *clients, const struct config *config) {
    clients->config = config;
    clients->limits = (struct http_limits){
        .request_line = config->request_line_limit, .head = config->head_limit, .fields = config->field_limit};
    limit_configure(clients, config);
    spool_configure(clients, config);
    deadlines_configure(clients, config);
}

void clients_configure(struct clients *clients, const struct config *config) {
    limits_configure(clients, config);
    listeners_switch(clients);
}

int clients_open(struct clients *clients, struct loop *loop, struct record *record, const struct config *config) {
    clients->loop = loop;
    clients->record = record;
    list_init(&clients->listeners);
    list_init(&clients->connections);
    list_init(&clients->again);
    list_init(&clients->closed);
    list_init(&clients->lingering);
    census_init(&clients->census);
    deadlines_setup(clients);
    if (getrandom(&clients->instance, sizeof(clients->instance), GRND_NONBLOCK) < 0) {
        clients->instance = loop->now ^ (uint64_t)getpid() << 32; /* so early that there is no randomness yet */
    }
    limits_configure(clients, config);
    clients->wire_fields = calloc(FIELDS_MAX + 2, sizeof(*clients->wire_fields));
    return clients->wire_fields ? inherit(&clients->inheritance) : -ENOMEM;
}

void clients_turn(struct clients *clients) {
    listeners_turn(clients);
    connections_again(clients);
    deadlines_turn(clients);
}

void clients_sweep(struct clients *clients) {
    (void)connections_sweep(clients);
    accept_resume(clients);
}

uint64_t clients_next(const struct clients *clients) {
    if (!list_empty(&clients->again)) {
        return 0;
    }
    uint64_t deadline = deadlines_next(clients);
    uint64_t accept = accept_next(clients);
    accept = clients->patience && clients->patience < accept ? clients->patience : accept;
    return accept < deadline ? accept : deadline;
}

void clients_unlisten(struct clients *clients) {
    clients->draining = true;
    clients->patience = 0;
    listeners_close(clients, false);
}

void clients_drain(struct clients *clients, bool handed_over) {
    if (handed_over) {
        listeners_hand_over(clients);
    } else {
        listeners_accept_last(clients);
    }
    clients_unlisten(clients);
    for (struct list *at = clients->connections.next, *next; at != &clients->connections; at = next) {
        struct connection *c = container_of(at, struct connection, link);
        next = at->next;
        if (c->state == CONNECTION_HEAD && c->input.length == 0 && !connection_apart(c)) {
            connection_deadline(c, DEADLINE_DRAIN);
        }
    }
}

void clients_close(struct clients *clients) {
    if (!clients->loop) {
        return;
    }
    while (!list_empty(&clients->connections)) {
        connection_close(container_of(clients->connections.next, struct connection, link));
    }
    (void)connections_sweep(clients);
    listeners_close(clients, true);
    inheritance_close(&clients->inheritance);
    free(clients->wire_fields);
}
