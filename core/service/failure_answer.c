/* Failures. */
#include "service/failure_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "client/advance.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "config/config.h"
#include "http/parse.h"
#include "pool/backtrace.h"
#include "pool/plugin.h"
#include "pool/worker.h"
#include "record/record.h"
#include "service/service.h"
#include "service/ticket.h"

enum { PACKED_MAX = 1 << 20 };

/* ---- Recording ---- */

/* Saved is what a worker gets, but from our own memory, where no worker could reach it. */
static void request_save(struct ticket *t, uint64_t incident) {
    struct exchange *x = t->exchange;
    const struct config *config = x->connection->clients->config;
    struct saves *saves = &ticket_service(t)->record->saves;
    if (!config->incident_folder[0] || !saves_room(saves)) {
        return;
    }
    const struct plugin *plugin = t->job.plugin;
    const struct exchange_place place = {
        .plugin = plugin->index, .route_length = (uint32_t)plugin->route_length, .compress = plugin->compress};
    unsigned char *packed = malloc(PACKED_MAX);
    long length = packed ? exchange_pack(x, &place, packed, PACKED_MAX) : 0;
    if (length < 0) {
        free(packed);
        packed = NULL;
    }
    const struct save_request request = {.id = incident,
                                         .folder = config->incident_folder,
                                         .most = config->incident_count,
                                         .plugin_folder = config->plugin_folder,
                                         .plugin_file = plugin->file,
                                         .packed = packed,
                                         .length = packed ? (size_t)length : 0,
                                         .body = x->body.fd,
                                         .body_length = x->body.length};
    save_begin(saves, &request);
}

void failure_record(struct job *job, const struct job_loss *loss) {
    struct ticket *t = ticket_of_job(job);
    const struct exchange *x = t->exchange;
    const struct http_request *r = &x->request;
    const struct incident_facts facts = {.plugin = job->plugin->name,
                                         .pid = loss->worker->pid,
                                         .wait_status = loss->wait_status,
                                         .exit_signal = loss->exit_signal,
                                         .exit_called = loss->exit_called,
                                         .thread_ended = loss->thread_ended,
                                         .others = loss->others,
                                         .outran = loss->outran,
                                         .limit_ms = job->plugin->timeout_ms,
                                         .touched = loss->touched,
                                         .method = http_text(exchange_head(x), r->name),
                                         .method_length = r->name.length,
                                         .target = http_text(exchange_head(x), r->target),
                                         .target_length = r->target.length,
                                         .request_id = x->request_id};
    struct incident *incident = incident_log(&ticket_service(t)->record->incidents, &facts);
    char label[32];
    snprintf(label, sizeof(label), "trace %016" PRIx64, incident->id);
    incident->traced = backtrace_begin(loss->worker, label, incident->id);
    t->incident = incident->id;
    request_save(t, incident->id);
}

/* ---- Answering ---- */

static void answer(struct ticket *t, int status, const char *text) {
    struct exchange *x = t->exchange;
    struct connection *c = x->connection;
    x->keep = x->keep && x->parsed;
    connection_answer(c, status, "", text);
    connection_advance(c);
}

/* Of so many incidents that this one is no longer kept its client is not told more than that it failed. */
static void answer_incident(struct ticket *t, const struct incident *i) {
    struct buffer text = {0};
    bool development = t->exchange->connection->clients->config->development;
    int error = i ? incident_text(i, development, &text) : 0;
    answer(t, i ? i->status : 502, error || !i ? "" : text.data);
    buffer_free(&text);
}

void failure_answer(struct job *job, const struct job_loss *loss) {
    struct ticket *t = ticket_of_job(job);
    struct plugin_service *service = ticket_service(t);
    struct connection *c = t->exchange->connection;
    const struct incident *i = loss->stopping ? NULL : incident_find(&service->record->incidents, t->incident);
    ticket_note(t);
    if (loss->stopping || loss->touched) {
        connection_cut(c, i ? i->status : 503);
    } else if (i && i->traced && service->clients->config->development) {
        list_append(&service->untraced, &job->link);
    } else {
        answer_incident(t, i);
    }
}

void failure_traced(void *data, uint64_t incident) {
    struct plugin_service *service = data;
    for (struct list *at = service->untraced.next; at != &service->untraced; at = at->next) {
        struct ticket *t = ticket_of_job(job_at(at));
        if (t->incident == incident) {
            list_remove(at);
            answer_incident(t, incident_find(&service->record->incidents, incident));
            return;
        }
    }
}
