/* Descriptors that are shared. */
#include "client/share.h"

#include <stdint.h>

#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "record/counters.h"

bool share_take(const struct exchange *x, size_t count) {
    struct clients *clients = x->connection->clients;
    struct plugin_counters *plugin = x->target.counters;
    uint64_t used = (uint64_t)clients->count + clients->files + count;
    uint64_t left = clients->descriptors > used ? clients->descriptors - used : 0;
    if (plugin && plugin->files + count > left) {
        return false;
    }
    clients->files += (uint32_t)count;
    if (plugin) {
        plugin->files += (uint32_t)count;
    }
    return true;
}

void share_give(const struct exchange *x, size_t count) {
    x->connection->clients->files -= (uint32_t)count;
    if (x->target.counters) {
        x->target.counters->files -= (uint32_t)count;
    }
}
