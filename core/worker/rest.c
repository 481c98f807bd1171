/* Rest. */
#include "worker/rest.h"

#include <stddef.h>

#include "base/clock.h"
#include "worker/registry.h"

enum { REST_MS = 2000 };

void rest_begin(struct rest *r, const struct registry *registry, struct turn *turn) {
    *r = (struct rest){.registry = registry, .turn = turn, .any = registry_idles(registry)};
}

void rest_over(struct rest *r) {
    r->since = 0;
}

uint32_t rest_look(struct rest *r) {
    if (!r->any || r->since == UINT64_MAX) {
        return UINT32_MAX;
    }
    uint64_t now = clock_now();
    r->since = r->since == 0 ? now : r->since;
    if (now - r->since < REST_MS * NS_PER_MS) {
        return (uint32_t)(REST_MS - (now - r->since) / NS_PER_MS);
    }
    r->since = UINT64_MAX;
    for (size_t i = 0; i < r->registry->count; i++) {
        if (turn_begin(r->turn, (uint32_t)i + 1)) {
            registry_idle(r->registry, i);
            (void)turn_end(r->turn);
        }
    }
    return UINT32_MAX;
}
