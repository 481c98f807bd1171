/* What the master keeps of a plugin by its name. */
#include "pool/account.h"

#include <stdlib.h>
#include <string.h>

struct account *account_of(struct list *accounts, const char *name) {
    for (struct list *at = accounts->next; at != accounts; at = at->next) {
        struct account *a = container_of(at, struct account, link);
        if (strcmp(a->name, name) == 0) {
            return a;
        }
    }
    struct account *a = calloc(1, sizeof(*a));
    if (a) {
        a->name = strdup(name);
        if (!a->name) {
            free(a);
            return NULL;
        }
        list_append(accounts, &a->link);
    }
    return a;
}

void accounts_free(struct list *accounts) {
    while (!list_empty(accounts)) {
        struct account *a = container_of(accounts->next, struct account, link);
        list_remove(&a->link);
        free(a->name);
        free(a);
    }
}
