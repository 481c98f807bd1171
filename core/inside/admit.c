/* Who may look inside. */
#include "inside/admit.h"

#include <string.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/log.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/host.h"
#include "client/listener.h"
#include "config/config.h"
#include "inside/caller.h"
#include "inside/inside.h"
#include "inside/views.h"
#include "pool/pool.h"
#include "pool/worker.h"

/* A worker that is told of in each line could fill the log. */
static const uint64_t REFUSED_LINE_NS = NS_PER_SECOND;

static void refusal_log(struct inside *in, enum caller caller, pid_t child) {
    uint64_t now = in->clients->loop->now;
    if (now < in->refusal_told + REFUSED_LINE_NS && in->refusal_told > 0) {
        return;
    }
    in->refusal_told = now;
    if (caller == CALLER_OURS) {
        log_line(LOG_WARNING, "the admin socket was asked by worker %d, or what that has started: refused", (int)child);
    } else {
        log_line(
            LOG_WARNING,
            "the admin socket was asked by a process that has ended, or that /proc hides: refused (a unit's ExecReload "
            "needs the prefix \"+\")");
    }
}

static bool pool_named(const struct inside *in, const struct pool *pool) {
    const struct config *config = in->clients->config;
    for (size_t i = 0; i < config->admin_pools_count; i++) {
        if (config_pool_named(pool->own, config->admin_pools[i])) {
            return true;
        }
    }
    return false;
}

/* Whether that is a worker of a pool that may look. */
static bool pool_sees(const struct inside *in, pid_t child) {
    for (struct list *at = in->pools->all.next; at != &in->pools->all; at = at->next) {
        const struct pool *pool = container_of(at, struct pool, link);
        for (struct list *of = pool->workers.next; pool_named(in, pool) && of != &pool->workers; of = of->next) {
            if (container_of(of, struct worker, link)->pid == child) {
                return true;
            }
        }
    }
    return false;
}

bool admit(struct inside *in, struct connection *c) {
    pid_t child;
    if (!c->listener->local) {
        bool known = host_known(c) || view_harmless(c->exchange->path);
        if (!known) {
            connection_answer(c, 403, "", HOST_REMEDY);
        }
        return known;
    }
    enum caller caller = caller_find(c->fd, &child);
    bool looks = c->exchange->request.method == METHOD_GET || c->exchange->request.method == METHOD_HEAD;
    if (caller == CALLER_STRANGER || (caller == CALLER_OURS && looks && pool_sees(in, child))) {
        return true;
    }
    refusal_log(in, caller, child);
    connection_answer(c, 403, "",
                      "No worker, nor what it has started, is answered here. admin_pools lets those of a pool look.");
    return false;
}
