/* What is enforced, for who configures a server. */
#include "command/enforced.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/needs.h"
#include "command/plugins.h"
#include "config/complaint.h"
#include "config/config.h"
#include "config/form.h"
#include "sandbox/sandbox.h"

int enforced_check(const struct config *config) {
    char lack[SANDBOX_TEXT];
    const struct sandbox_kernel kernel = sandbox_kernel();
    const struct config_pool *pool;
    int error = 0;
    if (!sandbox_lacks(&kernel, lack)) {
        return 0;
    }
    for (size_t i = 0; (pool = config_pool_at(config, i)); i++) {
        if (pool->sandbox == SANDBOX_REQUIRED) {
            complaint("pool %s: sandbox: found \"required\", expected on or off, for this kernel cannot: %s",
                      pool->name, lack);
            error = -EINVAL;
        }
    }
    return error;
}

void enforced_print(const struct config *config) {
    char text[SANDBOX_TEXT];
    char lack[SANDBOX_TEXT];
    const struct sandbox_kernel kernel = sandbox_kernel();
    const struct config_pool *pool;
    bool wanted = false;
    sandbox_tell(&kernel, text);
    for (size_t i = 0; (pool = config_pool_at(config, i)); i++) {
        wanted |= pool->sandbox != SANDBOX_OFF;
        bool all = needs_all(pool->needs);
        printf("pool %s: sandbox %s%s%s%s%s\n", pool->name, pool->sandbox == SANDBOX_OFF ? "off" : text,
               pool->trust == TRUST_NONE ? ", trust none" : "", all ? "" : ", needs \"", all ? "" : pool->needs,
               all ? "" : "\"");
    }
    plugins_print(config);
    if (wanted && sandbox_lacks(&kernel, lack)) {
        printf("this kernel has not all of it: %s\n", lack);
    }
}
