/* One loaded plugin in one worker: the opaque struct socgi_context of the SDK. */
#ifndef WORKER_CONTEXT_H
#define WORKER_CONTEXT_H

#include "wire/message.h"
#include "worker/manifest.h"

struct socgi_context {
    struct manifest manifest;
    const char *file; /* "hello.so"; the registry's */
    const struct wire_option
        *options; /* the configuration's, of all plugins; the caller's, for as long as this lives */
    size_t option_count;
    const char *needs; /* its worker's: base/needs.h; NULL: nothing is denied. As long-lived as the options */
    void *data;        /* the plugin's own */
};

#endif
