/* What the configuration says of the cgi plugin. */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

enum { SECONDS_MOST = 86400 };

const struct socgi_option settings_options[] = {
    {"root", NULL, "the folder whose executable files are run; without it nothing is"},
    {"timeout", "20", "seconds that a program may take; the server's time limit for the plugin comes on top"},
    {"environment", "PATH LANG TZ", "names of the server's variables that programs get"},
    {"set", "", "variables that they get besides, as \"NAME=VALUE NAME=VALUE\""},
    {"authorization", "false", "whether they get the field Authorization: true or false"},
    {NULL, NULL, NULL},
};

static int complain(const char *name, const char *found, const char *expected) {
    socgi_log(SOCGI_LOG_ERROR, "option %s: found \"%s\", expected %s", name, found ? found : "", expected);
    return -EINVAL;
}

static int root_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "root");
    if (!value) {
        return 0; /* it is there, and nothing is run */
    }
    int refused = program_refused();
    if (refused) {
        socgi_log(SOCGI_LOG_ERROR,
                  "the call openat2 is refused: %s: programs are found by it. Linux 5.6 or later is needed, and in a "
                  "container its seccomp profile must allow it",
                  strerror(-refused));
        return refused;
    }
    s->path = realpath(value, NULL);
    s->root = s->path ? open(s->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    return s->root < 0 ? complain("root", value, "a folder of programs") : 0;
}

static int timeout_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "timeout");
    char *end;
    long seconds = strtol(value, &end, 10);
    if (end == value || *end || seconds < 1 || seconds > SECONDS_MOST) {
        return complain("timeout", value, "seconds, 1 to 86400");
    }
    s->seconds = (int)seconds;
    return 0;
}

static int authorization_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "authorization");
    s->authorization = strcmp(value, "true") == 0;
    return s->authorization || strcmp(value, "false") == 0 ? 0 : complain("authorization", value, "true or false");
}

int settings_load(const struct socgi_context *ctx, struct settings **out) {
    struct settings *s = calloc(1, sizeof(*s));
    if (!s) {
        return -ENOMEM;
    }
    s->root = -1;
    s->pass = socgi_option(ctx, "environment");
    s->set = socgi_option(ctx, "set");
    int error = root_read(ctx, s);
    error = error ? error : timeout_read(ctx, s);
    error = error ? error : authorization_read(ctx, s);
    if (error) {
        settings_free(s);
        return error;
    }
    *out = s;
    return 0;
}

void settings_free(struct settings *s) {
    if (s) {
        if (s->root >= 0) {
            close(s->root);
        }
        free(s->path);
        free(s);
    }
}
