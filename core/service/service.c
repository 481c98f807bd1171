/* The service of plugins: between the client room and the pools. */
#include "service/service.h"

#include "client/advance.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/listener.h"
#include "pool/account.h"
#include "pool/dispatch.h"
#include "pool/plugin.h"
#include "pool/sticky.h"
#include "service/caching.h"
#include "service/failure_answer.h"
#include "service/route.h"
#include "service/ticket.h"
#include "wire/mailbox.h"

/* ---- For the client room ---- */

/* A plugin in quarantine refuses before the body is read for nothing. */
static bool request_route(struct exchange *x) {
    struct ticket *t = ticket_of(x);
    if (!route_find(t)) {
        return false;
    }
    if (quarantine_ask(&t->job.plugin->account->quarantine, ticket_now(t)) == QUARANTINE_REFUSE) {
        route_refuse(t, REFUSAL_QUARANTINE);
        return false;
    }
    return true;
}

static void request_submit(struct exchange *x) {
    struct ticket *t = ticket_of(x);
    const struct connection *c = x->connection;
    if (!route_current(t) && !route_find(t)) {
        return;
    }
    t->job.fd = c->fd;
    t->job.body = x->forward.times > 0 ? -1 : x->body.fd;
    t->job.connection = c->number;
    t->job.requests = c->requests;
    t->job.seat = c->seat;
    enum refusal why = caching_submit(t) ? REFUSAL_NONE : dispatch_submit(&t->job);
    if (why) {
        caching_failed(t);
        route_refuse(t, why);
    }
}

static bool request_cancel(struct exchange *x) {
    struct ticket *t = ticket_of(x);
    bool cancelled = caching_waits(t) || dispatch_cancel(&t->job);
    ticket_note(t);
    return cancelled;
}

static bool request_late(struct exchange *x) {
    return caching_late(ticket_of(x));
}

/* It may wait for a trace, by the job's link. */
static void request_release(struct exchange *x) {
    struct ticket *t = ticket_of(x);
    dispatch_end(&t->job);
    list_remove(&t->job.link);
    ticket_note(t);
    caching_release(t);
    route_forget(t);
}

static void connection_forget(struct connection *c) {
    const struct plugin_service *service = c->listener->service->data;
    if (c->sticky) {
        sticky_forget(service->pools, c->number);
    }
}

/* ---- For the pools ---- */

static long job_pack(struct job *job, unsigned char *to, size_t capacity) {
    const struct exchange_place place = {.plugin = job->plugin->index,
                                         .route_length = (uint32_t)job->plugin->route_length,
                                         .compress = job->plugin->compress};
    return exchange_pack(ticket_of_job(job)->exchange, &place, to, capacity);
}

/* Its client has sent the next request already. */
static bool job_hurried(struct job *job) {
    const struct exchange *x = ticket_of_job(job)->exchange;
    return x->connection->readable || x->connection->input.length > x->head_end;
}

static bool job_renew(struct job *job) {
    struct ticket *t = ticket_of_job(job);
    if (route_current(t) || route_find(t)) {
        return true;
    }
    ticket_note(t);
    caching_failed(t);
    connection_advance(t->exchange->connection);
    return false;
}

/* It goes on as if its client had asked for that path. */
static void job_forward(struct ticket *t, const struct mailbox_answer *answer) {
    struct exchange *x = t->exchange;
    struct connection *c = x->connection;
    struct buffer to = t->job.text;
    caching_leave(t);
    t->job.text = (struct buffer){0};
    dispatch_end(&t->job);
    if (exchange_forward(x, to.data, to.length, answer->status)) {
        connection_answer(c, 500, "", "The server could not answer this request.");
    } else if (c->gone) {
        connection_cut(c, STATUS_CLIENT_GONE);
    } else if (request_route(x)) {
        request_submit(x);
    }
    buffer_free(&to);
    connection_advance(c);
}

static void job_answered(struct job *job, const struct mailbox_answer *answer, const struct wire_tail *tail,
                         const int *fds, size_t count) {
    struct ticket *t = ticket_of_job(job);
    const struct answer a = {.status = (int)answer->status,
                             .head = answer->head,
                             .sent = answer->sent,
                             .left = answer->left,
                             .keep = answer->flags & ANSWER_KEEP,
                             .gone = answer->flags & ANSWER_GONE,
                             .broken = answer->flags & ANSWER_BROKEN,
                             .tail = tail,
                             .fds = fds,
                             .fd_count = count,
                             .text = &job->text};
    ticket_note(t);
    if (answer->flags & ANSWER_FORWARD) {
        job_forward(t, answer);
        return;
    }
    caching_answered(t, &a);
}

static void job_lost(struct job *job, const struct job_loss *loss) {
    if (!caching_lost(ticket_of_job(job), loss)) {
        failure_answer(job, loss);
    }
}

static void job_refused(struct job *job, enum refusal why) {
    struct ticket *t = ticket_of_job(job);
    struct connection *c = t->exchange->connection;
    ticket_note(t);
    caching_failed(t);
    route_refuse(t, why);
    connection_advance(c);
}

void plugin_service_open(struct plugin_service *s, struct clients *clients, struct pools *pools,
                         struct generations *generations, struct record *record) {
    *s = (struct plugin_service){
        .service = {.ticket_size = sizeof(struct ticket),
                    .route = request_route,
                    .submit = request_submit,
                    .cancel = request_cancel,
                    .late = request_late,
                    .release = request_release,
                    .forget = connection_forget,
                    .data = s},
        .events = {.pack = job_pack,
                   .hurried = job_hurried,
                   .renew = job_renew,
                   .lies = ticket_lies,
                   .answered = job_answered,
                   .refused = job_refused,
                   .died = failure_record,
                   .lost = job_lost,
                   .traced = failure_traced,
                   .data = s},
        .clients = clients,
        .pools = pools,
        .generations = generations,
        .record = record,
    };
    list_init(&s->untraced);
    cache_open(&s->cache);
}
