/* What the configuration says, checked at the start. */
#include "settings.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct socgi_option settings_options[] = {
    {"folder", NULL, "where files are kept; it must be there"},
    {"total", "1G", "the most bytes of all files: a number, or one with K, M or G"},
    {"count", "1000", "the most files"},
    {NULL, NULL, NULL},
};

/* A number from 1, with a unit. */
static int read_size(const struct socgi_context *ctx, const char *name, uint64_t *out) {
    static const char units[] = "KMG";
    const char *text = socgi_option(ctx, name);
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    end += unit != NULL;
    if (errno || *end || text[0] < '0' || text[0] > '9' || value == 0 || value > UINT64_MAX >> shift) {
        socgi_log(SOCGI_LOG_ERROR, "option %s: found \"%s\", expected a number from 1, as 500 or 64M", name, text);
        return -EINVAL;
    }
    *out = value << shift;
    return 0;
}

int settings_load(const struct socgi_context *ctx, struct shelf *shelf) {
    int error = read_size(ctx, "total", &shelf->total);
    error = error ? error : read_size(ctx, "count", &shelf->count);
    if (error) {
        return error;
    }
    const char *folder = socgi_option(ctx, "folder");
    error = folder ? shelf_open(shelf, folder) : -ENOENT;
    if (error) {
        socgi_log(SOCGI_LOG_ERROR, "option folder: found \"%s\" (%s), expected a folder that can be written%s",
                  folder ? folder : "", strerror(-error),
                  error == -EOPNOTSUPP ? ", on a file system that knows O_TMPFILE" : "");
    }
    return error;
}
