/* What the master keeps of a plugin by its name, whatever generation serves it: it outlives them all. */
#ifndef MASTER_ACCOUNT_H
#define MASTER_ACCOUNT_H

#include <stdint.h>

#include "base/list.h"
#include "master/quarantine.h"
#include "master/tally.h"

struct account {
    struct list link;
    char *name;
    uint32_t running; /* requests of it that are with workers */
    struct quarantine quarantine;
    struct plugin_tally tally;
};

/* The account of that name, made if there is none; NULL: no memory. */
struct account *account_of(struct list *accounts, const char *name);

void accounts_free(struct list *accounts);

#endif
