/* What the configuration says. Each option is checked here, so that a mistake is found at the start and not by a
 * client. */
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

#define SYSTEM_TYPES "/etc/mime.types"

const struct socgi_option settings_options[] = {
    {"root", NULL, "the folder that is served; without it www here, or what was installed with the server"},
    {"index", "index.html", "the file that answers for its folder"},
    {"listing", "false", "whether a folder without index is listed: true or false"},
    {"mime_types", NULL, "media types by extension; without it " SYSTEM_TYPES ", where there is one"},
    {"cache_control", NULL, "the Cache-Control field of files, such as \"max-age=3600\""},
    {"precompressed", "false", "whether NAME.br and NAME.gz, if not older, are sent for NAME: true or false"},
    {"cache", "128", "how many files a worker remembers, large ones open, small ones with their content: 0 to 1024"},
    {NULL, NULL, NULL},
};

static int complain(const char *name, const char *found, const char *expected) {
    socgi_log(SOCGI_LOG_ERROR, "option %s: found \"%s\", expected %s", name, found, expected);
    return -EINVAL;
}

static int read_switch(const struct socgi_context *ctx, const char *name, bool *out) {
    const char *value = socgi_option(ctx, name);
    *out = strcmp(value, "true") == 0;
    return *out || strcmp(value, "false") == 0 ? 0 : complain(name, value, "true or false");
}

static int read_cache(const struct socgi_context *ctx, struct settings *s) {
    enum { MOST = 1024 };
    const char *value = socgi_option(ctx, "cache");
    char *end;
    errno = 0;
    unsigned long count = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || count > MOST) {
        return complain("cache", value, "a number, 0 to 1024");
    }
    s->cache = cache_new(count);
    return s->cache ? 0 : -ENOMEM;
}

/* Where nothing is said: the folder www of where the server was started, else that of its installation. */
static int root_guess(void) {
    char program[PATH_MAX];
    char path[PATH_MAX + 64];
    int root = tree_root("www");
    ssize_t length = root == -ENOENT ? readlink("/proc/self/exe", program, sizeof(program)) : -1;
    const char *slash = length > 0 ? memrchr(program, '/', (size_t)length) : NULL;
    if (!slash) {
        return root;
    }
    snprintf(path, sizeof(path), "%.*s/../share/socgi/www", (int)(slash - program), program);
    return tree_root(path);
}

static int root_open(const struct settings *s) {
    return s->folder ? tree_root(s->folder) : root_guess();
}

int settings_root_again(struct settings *s) {
    int root = root_open(s);
    if (root < 0) {
        return root;
    }
    close(s->root);
    s->root = root;
    socgi_log(SOCGI_LOG_NOTICE, "what was mounted at the root has gone: what is there now is served");
    return 0;
}

static int read_root(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "root");
    int refused = tree_refused();
    if (refused) {
        socgi_log(SOCGI_LOG_ERROR,
                  "the call openat2 is refused: %s: files are opened by it. Linux 5.6 or later is needed, and in a "
                  "container its seccomp profile must allow it",
                  strerror(-refused));
        return refused;
    }
    s->folder = value;
    s->root = root_open(s);
    if (s->root < 0) {
        socgi_log(SOCGI_LOG_ERROR, "option root: found \"%s\" (%s), expected a folder that can be read",
                  value ? value : "www", strerror(-s->root));
    }
    return s->root < 0 ? s->root : 0;
}

static int read_index(const struct socgi_context *ctx, struct settings *s) {
    s->index = socgi_option(ctx, "index");
    bool name = s->index[0] != '\0' && s->index[0] != '.' && !strchr(s->index, '/');
    return name ? 0 : complain("index", s->index, "the name of a file, without folder or leading dot");
}

/* The system's table may be missing; one that was asked for may not. */
static int read_types(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "mime_types");
    int error = types_load(value ? value : SYSTEM_TYPES, &s->types);
    if (error && value) {
        socgi_log(SOCGI_LOG_ERROR, "option mime_types: found \"%s\" (%s), expected a file that can be read", value,
                  strerror(-error));
        return error;
    }
    return error ? types_load(NULL, &s->types) : 0;
}

static int read_cache_control(const struct socgi_context *ctx, struct settings *s) {
    s->cache_control = socgi_option(ctx, "cache_control");
    for (const char *c = s->cache_control; c && *c; c++) {
        if (*c < ' ' || *c > '~') {
            return complain("cache_control", s->cache_control, "printable ASCII");
        }
    }
    return 0;
}

int settings_load(const struct socgi_context *ctx, struct settings **out) {
    struct settings *s = calloc(1, sizeof(*s));
    if (!s) {
        return -ENOMEM;
    }
    s->root = -1;
    s->tags = tags_new();
    int error = s->tags ? read_root(ctx, s) : -ENOMEM;
    error = error ? error : read_cache(ctx, s);
    error = error ? error : read_index(ctx, s);
    error = error ? error : read_switch(ctx, "listing", &s->listing);
    error = error ? error : read_switch(ctx, "precompressed", &s->precompressed);
    error = error ? error : read_cache_control(ctx, s);
    error = error ? error : read_types(ctx, s);
    if (error) {
        settings_free(s);
        return error;
    }
    *out = s;
    return 0;
}

void settings_free(struct settings *s) {
    if (!s) {
        return;
    }
    if (s->root >= 0) {
        close(s->root);
    }
    types_free(s->types);
    cache_free(s->cache);
    tags_free(s->tags);
    free(s);
}
