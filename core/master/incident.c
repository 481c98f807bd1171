/* An incident: a worker that died over a request. */
#include "master/incident.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "base/log.h"
#include "http/parse.h"
#include "master/connection.h"
#include "master/exchange.h"
#include "master/pool.h"

enum { WHY_MAX = 128 };

static uint64_t incident_id(const struct exchange *x) {
    uint64_t id;
    return getrandom(&id, sizeof(id), GRND_NONBLOCK) == sizeof(id) ? id : x->id;
}

static void why(const struct worker *w, const struct exchange *x, int status, char out[WHY_MAX]) {
    if (w->outran) {
        snprintf(out, WHY_MAX, "outran %u ms in", x->plugin->timeout_ms);
    } else if (WIFSIGNALED(status)) {
        snprintf(out, WHY_MAX, "ended by signal %d (%s) while it handled", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(out, WHY_MAX, "ended with exit status %d while it handled", WEXITSTATUS(status));
    }
}

void incident_log(struct incident *incident, const struct worker *w, const struct exchange *x, bool touched,
                  int wait_status) {
    char reason[WHY_MAX];
    char answer[32];
    uint64_t id = incident_id(x);
    const struct http_request *r = &x->request;
    const char *head = x->connection->input.data + x->head;
    incident->status = w->outran ? 504 : 502;
    why(w, x, wait_status, reason);
    snprintf(answer, sizeof(answer), touched ? "connection closed" : "answered %d", incident->status);
    log_line(LOG_ERROR, "incident %016" PRIx64 ": plugin %s: worker %d %s \"%s %.*s\": %s%s", id, x->plugin->name,
             (int)w->ties.pid, reason, http_method_name(r->method), (int)r->target.length, http_text(head, r->target),
             w->outran ? "killed, " : "", answer);
    snprintf(incident->text, sizeof(incident->text), "The plugin %s %s this request.\nincident %016" PRIx64,
             x->plugin->name, w->outran ? "took too long over" : "crashed while it handled", id);
}
