/* Answers with the values of its options. */
#include <socgi/plugin.h>

static const struct socgi_option options[] = {
    {"color", "grey", "a color"}, {"size", NULL, "a size"}, {NULL, NULL, NULL}};

static int answer(const struct socgi_request *req, struct socgi_response *res) {
    const char *size = socgi_option(socgi_context(req), "size");
    socgi_printf(res, "color %s, size %s\n", socgi_option(socgi_context(req), "color"), size ? size : "none");
    return 200;
}
SOCGI_PLUGIN(.handle = answer, .options = options)
