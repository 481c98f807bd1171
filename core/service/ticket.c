/* Tickets. */
#include "service/ticket.h"

#include "base/list.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "service/service.h"

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

void ticket_note(struct ticket *t) {
    struct connection *c = t->exchange->connection;
    const struct job *job = &t->job;
    t->exchange->worker = job->pid;
    c->sticky = c->sticky || job->kept;
    c->seat = job->pid ? job->seat : c->seat;
}
