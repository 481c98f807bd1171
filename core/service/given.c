/* Kept answers that are given. */
#include "service/given.h"

#include "base/clock.h"
#include "cache/ask.h"
#include "cache/cache.h"
#include "client/advance.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "config/config.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "service/service.h"
#include "service/ticket.h"

void given_ask(const struct ticket *t, struct ask *ask) {
    struct exchange *x = t->exchange;
    exchange_terminate(x);
    ask_read(ask, &x->request, exchange_head(x), x->request.framing != HTTP_NO_BODY);
}

struct kept_owner given_owner(const struct ticket *t) {
    const struct plugin *p = t->job.plugin;
    return (struct kept_owner){.name = p->account->name, .mark = p->caching.mark};
}

static void kept_returned(void *kept) {
    kept_drop(kept);
}

void given_answer(struct ticket *t, struct kept *k, const struct cache_told *told) {
    struct exchange *x = t->exchange;
    struct ask ask;
    struct reply reply;
    given_ask(t, &ask);
    const struct reply_frame frame = {.close = !exchange_keeps(x), .request_id = x->request_id, .now = ticket_now(t)};
    if (reply_make(&reply, k, &ask, told, &frame)) {
        connection_answer(x->connection, 503, "", "There is no memory for this now.");
        return;
    }
    struct outlet_loan loan = {
        .data = reply.body, .length = reply.length, .owner = reply.body ? kept_hold(k) : NULL, .end = kept_returned};
    if (!reply.body) {
        loan = (struct outlet_loan){0};
    }
    const struct answer a = {
        .status = reply.status, .head = reply.head.length, .keep = true, .text = &reply.head, .loan = &loan};
    connection_give(x->connection, &a);
}

bool given_instead(struct ticket *t, const char *why) {
    const struct plugin *p = t->job.plugin;
    struct plugin_service *service = ticket_service(t);
    struct ask ask;
    if (!p || !p->caching.on || p->caching.stale_if_down_ms == 0 || service->clients->config->development) {
        return false; /* who develops it is to see what is wrong */
    }
    given_ask(t, &ask);
    const struct kept_owner owner = given_owner(t);
    struct kept *k =
        cache_stand_in(&service->cache, &ask, &owner, p->caching.stale_if_down_ms * NS_PER_MS, ticket_now(t));
    if (k) {
        ticket_counters(t)->stale++;
        given_answer(t, k, &(struct cache_told){.detail = why});
        kept_drop(k);
    }
    return k;
}
