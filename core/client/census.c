/* What there is from each address. */
#include "client/census.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct entry {
    struct list link;
    uint32_t count;   /* of connections */
    uint32_t holders; /* of the share */
    struct census_share share;
    char address[INET6_ADDRSTRLEN];
};

void census_init(struct census *census) {
    for (size_t i = 0; i < CENSUS_CHAINS; i++) {
        list_init(&census->chains[i]);
    }
    if (getrandom(&census->salt, sizeof(census->salt), GRND_NONBLOCK) < 0) {
        census->salt = (uint64_t)(uintptr_t)census; /* too early in the machine's life for better */
    }
}

/* FNV-1a, begun at a secret place. */
static struct list *chain_of(struct census *census, const char *address) {
    uint64_t hash = 14695981039346656037u ^ census->salt;
    for (; *address; address++) {
        hash = (hash ^ (unsigned char)*address) * 1099511628211u;
    }
    return &census->chains[(hash >> 32) % CENSUS_CHAINS];
}

static struct entry *entry_find(struct list *chain, const char *address) {
    for (struct list *at = chain->next; at != chain; at = at->next) {
        struct entry *e = container_of(at, struct entry, link);
        if (strcmp(e->address, address) == 0) {
            return e;
        }
    }
    return NULL;
}

static struct entry *entry_have(struct census *census, const char *address) {
    struct list *chain = chain_of(census, address);
    struct entry *e = entry_find(chain, address);
    if (!e && strlen(address) < INET6_ADDRSTRLEN) {
        e = calloc(1, sizeof(*e));
        if (e) {
            memcpy(e->address, address, strlen(address) + 1);
            list_append(chain, &e->link);
        }
    }
    return e;
}

static void entry_drop(struct entry *e) {
    if (e->count == 0 && e->holders == 0) {
        list_remove(&e->link);
        free(e);
    }
}

uint32_t census_add(struct census *census, const char *address) {
    struct entry *e = entry_have(census, address);
    return e ? ++e->count : 0;
}

void census_remove(struct census *census, const char *address) {
    struct entry *e = entry_find(chain_of(census, address), address);
    if (e) {
        e->count--;
        entry_drop(e);
    }
}

struct census_share *census_hold(struct census *census, const char *address) {
    struct entry *e = entry_have(census, address);
    if (!e) {
        return NULL;
    }
    e->holders++;
    return &e->share;
}

void census_release(struct census *census, const char *address) {
    struct entry *e = entry_find(chain_of(census, address), address);
    if (e) {
        e->holders--;
        entry_drop(e);
    }
}
