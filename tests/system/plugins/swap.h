/* A plugin that comes in versions, each of which answers with its own text, at the same route. */
#ifndef SYSTEM_PLUGINS_SWAP_H
#define SYSTEM_PLUGINS_SWAP_H

#include <socgi/plugin.h>

#define SWAP_PLUGIN(text)                                                                                              \
    static int swap(const struct socgi_request *req, struct socgi_response *res) {                                     \
        (void)req;                                                                                                     \
        return socgi_printf(res, text) ? 500 : 200;                                                                    \
    }                                                                                                                  \
    SOCGI_PLUGIN(.name = "swap", .version = text, .route = "/swap", .handle = swap)

#endif
