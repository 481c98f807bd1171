/* Keeps 4 MiB more at each request. */
#include <socgi/plugin.h>

#include <stdlib.h>
#include <string.h>

enum { STEP = 4 << 20 };

struct kept {
    struct kept *next;
    char bytes[STEP];
};

static int hog(const struct socgi_request *req, struct socgi_response *res) {
    struct socgi_context *context = socgi_context(req);
    struct kept *more = malloc(sizeof(*more));
    if (!more) {
        return 503;
    }
    memset(more->bytes, 1, STEP);
    more->next = socgi_data(context);
    socgi_set_data(context, more);
    return socgi_printf(res, "kept\n") ? 500 : 200;
}

static void hog_fini(struct socgi_context *context) {
    for (struct kept *at = socgi_data(context), *next; at; at = next) {
        next = at->next;
        free(at);
    }
}
SOCGI_PLUGIN(.handle = hog, .fini = hog_fini)
