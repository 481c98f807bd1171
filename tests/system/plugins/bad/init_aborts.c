/* Its start crashes. */
#include "handler.h"

#include <stdlib.h>

static int init(struct socgi_context *ctx) {
    (void)ctx;
    abort();
}
SOCGI_PLUGIN(.handle = handler, .init = init)
