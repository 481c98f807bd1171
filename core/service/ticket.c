/* Tickets. */
#include "service/ticket.h"

#include "base/list.h"
#include "base/log.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "http/claim.h"
#include "http/method.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pools.h"
#include "service/service.h"
#include "wire/mailbox.h"

struct ticket *ticket_of(struct exchange *x) {
    struct ticket *t = x->ticket;
    if (!t->exchange) {
        t->exchange = x;
        job_init(&t->job);
    }
    return t;
}

struct ticket *ticket_of_job(struct job *job) {
    return container_of(job, struct ticket, job);
}

struct plugin_service *ticket_service(const struct ticket *t) {
    return t->exchange->service->data;
}

uint64_t ticket_now(const struct ticket *t) {
    return ticket_service(t)->pools->loop->now;
}

struct cache_counters *ticket_counters(const struct ticket *t) {
    return &t->job.plugin->account->counters.cache;
}

void ticket_note(struct ticket *t) {
    struct connection *c = t->exchange->connection;
    const struct job *job = &t->job;
    t->exchange->worker = job->pid;
    c->sticky = c->sticky || job->kept;
    c->seat = job->pid ? job->seat : c->seat;
}

bool ticket_lies(struct job *job, const struct mailbox_answer *answer) {
    const struct exchange *x = ticket_of_job(job)->exchange;
    const struct http_claim claim = {.status = (int)answer->status,
                                     .to_head = x->request.method == METHOD_HEAD,
                                     .keep = answer->flags & ANSWER_KEEP,
                                     .body = job->text.length - answer->head + answer->left};
    const char *wrong = http_claim_check(&claim, job->text.data, answer->head);
    if (wrong) {
        log_line(LOG_ERROR, "plugin %s: what it has left as an answer is none: %s", job->plugin->name, wrong);
    }
    return !wrong;
}
