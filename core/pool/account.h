/* What the master keeps of a plugin by its name, whatever generation serves it: it outlives them all. */
#ifndef POOL_ACCOUNT_H
#define POOL_ACCOUNT_H

#include <stdint.h>

#include "base/list.h"
#include "pool/quarantine.h"
#include "record/counters.h"

struct account {
    struct list link;
    char *name;
    uint32_t running; /* requests of it that are with workers */
    struct quarantine quarantine;
    struct plugin_counters counters;
};

/* The account of that name, made if there is none; NULL: no memory. */
struct account *account_of(struct list *accounts, const char *name);

void accounts_free(struct list *accounts);

#endif
