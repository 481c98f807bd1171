/* Incidents. */
#include "record/incident.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/uri.h"

static uint64_t incident_id(void) {
    uint64_t id;
    return getrandom(&id, sizeof(id), GRND_NONBLOCK) == sizeof(id) ? id : clock_now();
}

static void why(struct incident *i, const struct incident_facts *f) {
    int status = f->wait_status;
    if (f->outran) {
        snprintf(i->why, sizeof(i->why), "outran %u ms in", f->limit_ms);
    } else if (WIFSIGNALED(status)) {
        snprintf(i->why, sizeof(i->why), "ended by signal %d (%s) while it handled", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else if (f->exit_called) {
        snprintf(i->why, sizeof(i->why), "called exit(%d) while it handled", WEXITSTATUS(status));
    } else if (f->thread_ended) {
        snprintf(i->why, sizeof(i->why), "called pthread_exit, or was cancelled, while it handled");
    } else if (f->exit_signal) {
        snprintf(i->why, sizeof(i->why), "ended with exit status %d after signal %d (%s) while it handled",
                 WEXITSTATUS(status), f->exit_signal, strsignal(f->exit_signal));
    } else {
        snprintf(i->why, sizeof(i->why), "ended with exit status %d while it handled", WEXITSTATUS(status));
    }
}

struct incident *incident_log(struct incidents *all, const struct incident_facts *f) {
    struct incident *i = &all->kept[all->count++ % INCIDENTS_KEPT];
    buffer_free(&i->trace);
    *i = (struct incident){.id = incident_id(),
                           .when = clock_seconds(),
                           .pid = f->pid,
                           .status = f->outran ? 504 : 502,
                           .answered = !f->touched};
    snprintf(i->plugin, sizeof(i->plugin), "%s", f->plugin);
    int method = snprintf(i->request, sizeof(i->request), "%.*s ", (int)f->method_length, f->method);
    (void)http_uri_clean(f->target, f->target_length, "", i->request + method, sizeof(i->request) - (size_t)method);
    why(i, f);
    log_line(LOG_ERROR, "incident %016" PRIx64 ": plugin %s: worker %d %s \"%s\": %s%s %d, request id %s%s%s", i->id,
             i->plugin, (int)i->pid, i->why, i->request, f->outran ? "killed, " : "",
             f->touched ? "connection closed, status" : "answered", i->status, f->request_id,
             f->others[0] ? ", worker had also run: " : "", f->others);
    return i;
}

int incident_text(const struct incident *i, bool trace, struct buffer *text) {
    int error = buffer_format(text, "The plugin %s %s this request.\nincident %016" PRIx64, i->plugin,
                              i->status == 504 ? "took too long over" : "crashed while it handled", i->id);
    if (!error && trace) {
        error = buffer_format(text, "\n\nIts worker %s it.\n%s", i->why, i->trace.length > 0 ? i->trace.data : "");
    }
    return error;
}

static uint64_t oldest(const struct incidents *all) {
    return all->count > INCIDENTS_KEPT ? all->count - INCIDENTS_KEPT : 0;
}

struct incident *incident_find(struct incidents *all, uint64_t id) {
    for (uint64_t n = all->count; n > oldest(all); n--) {
        struct incident *i = &all->kept[(n - 1) % INCIDENTS_KEPT];
        if (i->id == id) {
            return i;
        }
    }
    return NULL;
}

const struct incident *incident_at(const struct incidents *all, uint64_t age) {
    return age < all->count - oldest(all) ? &all->kept[(all->count - 1 - age) % INCIDENTS_KEPT] : NULL;
}

void incidents_free(struct incidents *all) {
    for (size_t n = 0; n < INCIDENTS_KEPT; n++) {
        buffer_free(&all->kept[n].trace);
    }
}
