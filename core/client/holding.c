/* What connections hold of what all have together, and who gives way. */
#include "client/holding.h"

#include "base/clock.h"
#include "client/census.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "config/config.h"

/* A body has so long before it may be asked to give way. */
static const uint64_t YOUNG_NS = 5 * NS_PER_SECOND;

/* ---- Who gives way ---- */

/* What of it would be free at once. */
typedef uint64_t held_bytes(const struct body *body);

static uint64_t held_in_file(const struct body *body) {
    return body->counted;
}

static uint64_t held_in_memory(const struct body *body) {
    return body->memory.capacity;
}

static double rate_of(const struct body *body, uint64_t now) {
    return (double)body->length / (double)(now - body->begun);
}

/* The slowest of the bodies that are coming, among them that of `c` itself: those that are old enough and hold so much,
 * of any address or of the same. NULL: there is none. */
static struct connection *slowest_find(struct connection *c, bool of_address, held_bytes *held, uint64_t bytes) {
    const struct list *coming = &c->clients->deadlines[DEADLINE_BODY].entries;
    uint64_t now = c->clients->loop->now;
    struct connection *slowest = NULL;
    double least = 0;
    for (struct list *at = coming->next; at != coming; at = at->next) {
        struct connection *other = container_of(container_of(at, struct timeout, link), struct connection, timeout);
        if (other->state != CONNECTION_BODY || (of_address && other->share != c->share)) {
            continue;
        }
        const struct body *body = &other->exchange->body;
        if (now < body->begun + YOUNG_NS || (other != c && held(body) < bytes)) {
            continue;
        }
        double rate = rate_of(body, now);
        if (!slowest || rate < least) {
            slowest = other;
            least = rate;
        }
    }
    return slowest;
}

/* Its answer is sent in the next turn: whoever asks is in the midst of receiving. */
static bool slowest_end(struct connection *c, bool of_address, held_bytes *held, uint64_t bytes) {
    struct connection *slowest = slowest_find(c, of_address, held, bytes);
    if (!slowest || slowest == c) {
        return false;
    }
    connection_refuse(slowest, 408);
    if (slowest->state != CONNECTION_CLOSED) {
        (void)holding_count(slowest);
        if (list_empty(&slowest->again)) {
            list_append(&c->clients->again, &slowest->again);
        }
    }
    return true;
}

/* ---- Files ---- */

static bool file_room(void *connection, bool of_address, uint64_t bytes) {
    return slowest_end(connection, of_address, held_in_file, bytes);
}

static uint64_t percent_of(uint64_t all, uint32_t percent) {
    return all / 100 * percent + all % 100 * percent / 100;
}

void holding_limits(struct connection *c, struct body_limits *limits) {
    struct clients *clients = c->clients;
    const struct config *config = clients->config;
    if (!c->share && c->address[0] && !connection_apart(c)) {
        c->share = census_hold(&clients->census, c->address);
    }
    limits->in_memory = config->body_inline;
    limits->chunk_overhead = config->chunk_overhead;
    limits->spool = config->spool_folder;
    limits->spooled = &clients->spooled;
    limits->spool_limit = clients->spool_limit;
    limits->share = c->share;
    limits->share_limit = percent_of(clients->spool_limit, config->body_share);
    limits->room = file_room;
    limits->data = c;
}

/* ---- Memory ---- */

static uint64_t memory_of(const struct connection *c) {
    const struct exchange *x = c->exchange;
    uint64_t bytes = c->input.capacity;
    if (x) {
        bytes += sizeof(*x) + x->request.field_capacity * sizeof(struct http_field);
        bytes += x->request.path.length + x->body.memory.capacity;
    }
    return bytes;
}

bool holding_count(struct connection *c) {
    struct clients *clients = c->clients;
    uint64_t now = memory_of(c);
    uint64_t more = now > c->held ? now - c->held : 0;
    clients->memory = clients->memory - c->held + now;
    c->held = now;
    return more == 0 || connection_apart(c) || clients->memory <= clients->config->request_memory ||
           slowest_end(c, false, held_in_memory, clients->memory - clients->config->request_memory);
}
