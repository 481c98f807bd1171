/* Its start fails. */
#include "handler.h"

#include <errno.h>

static int init(struct socgi_context *ctx) {
    (void)ctx;
    return -ENOTCONN;
}
SOCGI_PLUGIN(.handle = handler, .init = init)
