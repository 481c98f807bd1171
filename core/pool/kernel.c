/* What this kernel cannot do. */
#include "pool/kernel.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/calls.h"
#include "base/log.h"
#include "config/config.h"
#include "config/form.h"
#include "sandbox/sandbox.h"

void kernel_judge(const struct config *config) {
    char lack[SANDBOX_TEXT];
    char refused[CALLS_TEXT];
    for (size_t n = 0; calls_refused(false, n, refused); n++) {
        log_line(LOG_WARNING, "%s", refused);
    }
    const struct sandbox_kernel kernel = sandbox_kernel();
    bool wanted = false;
    for (size_t i = 0; config_pool_at(config, i); i++) {
        wanted |= config_pool_at(config, i)->sandbox != SANDBOX_OFF;
    }
    if (wanted && sandbox_lacks(&kernel, lack)) {
        log_line(LOG_WARNING, "the sandbox of workers is not whole on this kernel: %s", lack);
    }
}
