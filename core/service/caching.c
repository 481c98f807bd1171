/* Requests of plugins that are cached. */
#include "service/caching.h"

#include "cache/ask.h"
#include "client/advance.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "pool/dispatch.h"
#include "pool/plugin.h"
#include "service/filling.h"
#include "service/given.h"
#include "service/route.h"
#include "service/service.h"
#include "service/ticket.h"

static struct ticket *of_visit(struct visit *v) {
    return container_of(v, struct ticket, visit);
}

/* ---- A request ---- */

/* The handler is asked for the whole, or whether what is kept is good still; else as the client has asked. */
static void conditions_set(struct ticket *t) {
    const struct visit *v = &t->visit;
    bool fills = v->word == CACHE_FILL;
    bool validates = fills && v->kept && kept_validates(v->kept);
    t->exchange->conditions = (struct exchange_conditions){.ours = fills,
                                                           .if_none_match = validates ? v->kept->etag : NULL,
                                                           .if_modified_since = validates ? v->kept->modified : NULL};
}

static void absent_answer(struct ticket *t) {
    struct buffer field = {0};
    const struct cache_told told = {.forward = t->visit.forward, .detail = t->visit.detail};
    bool fine = !cache_status_line(&field, &told, NULL, ticket_now(t));
    connection_answer(t->exchange->connection, 504, fine ? field.data : "",
                      "It is not kept, and only that was wanted.");
    buffer_free(&field);
}

static void kept_give(struct ticket *t) {
    struct visit *v = &t->visit;
    bool stale = policy_left(&v->kept->policy, ticket_now(t)) <= 0;
    ticket_counters(t)->hits += !stale;
    ticket_counters(t)->stale += stale;
    ticket_counters(t)->collapsed += v->collapsed;
    given_answer(t, v->kept, &(struct cache_told){.collapsed = v->collapsed});
}

/* True: it is not for the pool, or not now. */
static bool request_look(struct ticket *t, bool alone) {
    struct plugin_service *service = ticket_service(t);
    struct ask ask;
    const struct kept_owner owner = given_owner(t);
    given_ask(t, &ask);
    enum cache_word word = cache_look(&service->cache, &t->visit, &ask, &owner, alone, ticket_now(t));
    bool asks = word == CACHE_FILL || word == CACHE_PASS;
    if (asks) {
        ticket_counters(t)->misses++;
        conditions_set(t);
    } else if (word == CACHE_GIVE) {
        kept_give(t);
    } else if (word == CACHE_ABSENT) {
        absent_answer(t);
    }
    return !asks;
}

bool caching_submit(struct ticket *t) {
    return t->job.plugin->caching.on && t->exchange->forward.times == 0 && request_look(t, false);
}

/* ---- Those who wait ---- */

static void job_submit(struct ticket *t) {
    if (route_current(t) || route_find(t)) {
        route_refuse(t, dispatch_submit(&t->job));
    }
}

/* By itself, unless what has come is for it, too. */
static void waiter_resume(struct ticket *t) {
    struct connection *c = t->exchange->connection;
    t->visit.collapsed = true;
    if (!request_look(t, true)) {
        t->visit.collapsed = false;
        job_submit(t);
    }
    connection_advance(c);
}

static void waiters_resume(struct list *waiters) {
    while (!list_empty(waiters)) {
        struct visit *v = container_of(waiters->next, struct visit, link);
        list_remove(&v->link);
        waiter_resume(of_visit(v));
    }
}

/* One after the other asks, for whatever is wrong may hit who asks; until one can wait for its answer. */
void caching_failed(struct ticket *t) {
    struct visit *next = cache_pass_on(&t->visit);
    while (next) {
        struct ticket *leader = of_visit(next);
        struct connection *c = leader->exchange->connection;
        ticket_counters(leader)->misses++;
        conditions_set(leader);
        job_submit(leader);
        bool over = c->state == CONNECTION_WAITING || c->state == CONNECTION_CLOSED; /* that has passed it on */
        next = over ? NULL : cache_pass_on(next);
        if (!over) {
            connection_advance(c);
        }
    }
}

/* What stands in for one does for the others, and no other worker need die over it. */
static void waiters_console(struct list *waiters, const char *why) {
    while (!list_empty(waiters)) {
        struct visit *v = container_of(waiters->next, struct visit, link);
        struct ticket *t = of_visit(v);
        struct connection *c = t->exchange->connection;
        list_remove(&v->link);
        if (!given_instead(t, why)) {
            waiter_resume(t);
        } else {
            connection_advance(c);
        }
    }
}

bool caching_lost(struct ticket *t, const struct job_loss *loss) {
    struct connection *c = t->exchange->connection;
    const char *why = loss->outran ? "timeout" : "crash";
    struct list waiters;
    if (loss->stopping) {
        return false;
    }
    if (loss->touched || !given_instead(t, why)) {
        caching_failed(t);
        return false;
    }
    if (c->state != CONNECTION_CLOSED) {
        cache_leave(&t->visit, &waiters);
        ticket_note(t);
        connection_advance(c);
        waiters_console(&waiters, why);
    }
    return true;
}

void caching_release(struct ticket *t) {
    struct list nobody;
    caching_failed(t);
    cache_leave(&t->visit, &nobody);
    if (t->visit.begun) {
        kept_drop(t->visit.kept);
        t->visit.kept = NULL;
    }
}

void caching_leave(struct ticket *t) {
    caching_release(t);
    t->visit = (struct visit){0};
    t->exchange->conditions = (struct exchange_conditions){0};
}

bool caching_waits(struct ticket *t) {
    struct list nobody;
    bool waits = t->visit.begun && t->visit.word == CACHE_WAIT;
    if (waits) {
        cache_leave(&t->visit, &nobody);
    }
    return waits;
}

bool caching_late(struct ticket *t) {
    if (!t->visit.begun || t->visit.word != CACHE_WAIT) {
        caching_failed(t);
        return given_instead(t, "late");
    }
    if (!request_look(t, true)) {
        job_submit(t);
    }
    return true;
}

/* ---- An answer ---- */

void caching_answered(struct ticket *t, const struct answer *from) {
    struct list waiters;
    struct answer with = *from;
    const struct answer *a = &with;
    if (a->text && a->text->length >= a->head) {
        filling_forget(t, &with);
    }
    bool taken = t->visit.begun && t->job.apart && a->text && a->text->length > 0 && !a->gone && !a->broken;
    if (!taken) {
        caching_failed(t);
        connection_answered(t->exchange->connection, a);
        return;
    }
    cache_leave(&t->visit, &waiters);
    filling_take(t, a);
    waiters_resume(&waiters);
}
