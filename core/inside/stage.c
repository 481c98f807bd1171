/* What all forms of the status say alike. */
#include "config/config.h"
#include "config/form.h"
#include "generation/generation.h"
#include "inside/inside.h"
#include "inside/status.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/worker.h"

enum stage status_stage(const struct inside *in) {
    return in->pools->stopping                    ? STAGE_STOPPING
           : in->leaving || in->clients->draining ? STAGE_DRAINING
           : in->generations->serving             ? STAGE_SERVING
                                                  : STAGE_STARTING;
}

const struct pool *status_lack(const struct inside *in) {
    const struct generation *g = in->generations->serving;
    for (size_t i = 0; g && i < g->pool_count; i++) {
        if (g->pools[i].ready == 0) {
            return &g->pools[i];
        }
    }
    return NULL;
}

const char *status_stage_name(enum stage stage) {
    static const char *const names[] = {[STAGE_STARTING] = "starting",
                                        [STAGE_SERVING] = "serving",
                                        [STAGE_DRAINING] = "draining",
                                        [STAGE_STOPPING] = "stopping"};
    return names[stage];
}

uint64_t status_now(const struct inside *in) {
    return in->clients->loop->now;
}

const char *status_plugin(const struct inside *in, const struct plugin *p) {
    return p->broken                                                                    ? "broken"
           : quarantine_ask(&p->account->quarantine, status_now(in)) != QUARANTINE_NONE ? "quarantine"
                                                                                        : "serving";
}

const char *status_worker(const struct worker *w) {
    return w->state != WORKER_READY ? worker_state_name(w->state) : w->pending.load > 0 ? "busy" : "idle";
}

const char *status_sandbox(const struct config_pool *pool, char text[SANDBOX_TEXT]) {
    const struct sandbox_kernel kernel = sandbox_kernel();
    if (pool->sandbox == SANDBOX_OFF) {
        return "off";
    }
    sandbox_tell(&kernel, text);
    return text;
}
