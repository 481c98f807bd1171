/* The SDK: what is a plugin's own, from init to fini. */
#include <string.h>

#include "worker/context.h"

const char *socgi_option(const struct socgi_context *ctx, const char *name) {
    const struct socgi_option *declared = manifest_option(&ctx->manifest, name);
    if (!declared) {
        return NULL;
    }
    const char *value = declared->fallback;
    for (size_t i = 0; i < ctx->option_count; i++) {
        const struct wire_option *option = &ctx->options[i];
        if (strcmp(option->plugin, ctx->manifest.name) == 0 && strcmp(option->name, name) == 0) {
            value = option->value; /* the last one counts, as in the configuration */
        }
    }
    return value;
}

void socgi_set_data(struct socgi_context *ctx, void *data) {
    ctx->data = data;
}

void *socgi_data(const struct socgi_context *ctx) {
    return ctx->data;
}
