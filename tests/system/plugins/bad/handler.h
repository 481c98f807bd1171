/* What the plugins that must not be served have in common: a handler that would answer, and the way to claim things. */
#ifndef BAD_HANDLER_H
#define BAD_HANDLER_H

#include <socgi/plugin.h>

static int handler(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    socgi_printf(res, "this must never be seen\n");
    return 200;
}

/* A manifest that says of itself what the server must not believe. */
#define MANIFEST(says_magic, says_major, says_minor)                                                                   \
    SOCGI_LINKAGE const struct socgi_plugin socgi_plugin;                                                              \
    SOCGI_EXPORT const struct socgi_plugin socgi_plugin = {.magic = (says_magic),                                      \
                                                           .abi_major = (says_major),                                  \
                                                           .abi_minor = (says_minor),                                  \
                                                           .size = sizeof(struct socgi_plugin),                        \
                                                           .handle = handler};

#endif
