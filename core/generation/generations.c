/* The generation room: its parts together. */
#include "generation/generations.h"

#include "config/config.h"
#include "generation/catalog.h"
#include "generation/fallback.h"
#include "generation/generation.h"

int generations_open(struct generations *all, struct loop *loop, struct pools *pools, struct config *config,
                     const struct generations_owner *owner) {
    all->loop = loop;
    all->pools = pools;
    all->owner = *owner;
    all->config = config;
    all->renewal = (struct renewal){.watch.fd = -1, .done = -1};
    list_init(&all->catalog);
    list_init(&all->all);
    int error = store_open(&all->store, config->spool_found ? NULL : config->spool_folder);
    return error ? error : renewal_open(all, config);
}

void generations_renew(struct generations *all, struct config *config) {
    renewal_want(&all->renewal, config);
}

void generations_not_renewed(struct generations *all, const char *reason) {
    revert_note(all, reason);
}

const char *generations_reason(const struct generations *all, const char *file) {
    return catalog_reason(&all->catalog, file);
}

void generations_turn(struct generations *all) {
    renewal_turn(all);
}

uint64_t generations_next(const struct generations *all) {
    return renewal_next(all);
}

void generations_settle(struct generations *all) {
    renewal_settle(all);
}

void generations_close(struct generations *all) {
    if (!all->loop) {
        return;
    }
    renewal_close(all);
    generations_free(all);
    catalog_free(&all->catalog);
    store_close(&all->store);
}
