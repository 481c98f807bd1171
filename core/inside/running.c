/* What a worker is at. */
#include "inside/running.h"

#include "client/exchange.h"
#include "http/parse.h"
#include "pool/pending.h"
#include "pool/plugin.h"
#include "pool/worker.h"
#include "service/ticket.h"

bool running_look(const struct worker *w, struct running *out) {
    struct job *head = pending_head(w);
    if (!head) {
        return false;
    }
    const struct exchange *x = ticket_of_job(head)->exchange;
    *out = (struct running){.plugin = head->plugin->name,
                            .method = exchange_head(x), /* packed once, its name is ended */
                            .target = http_text(exchange_head(x), x->request.target),
                            .length = x->request.target.length,
                            .since = w->pending.since};
    return true;
}
