/* Its start never ends. */
#include "handler.h"

#include <unistd.h>

static int init(struct socgi_context *ctx) {
    (void)ctx;
    while (pause() < 0) {
    }
    return 0;
}
SOCGI_PLUGIN(.handle = handler, .init = init)
