/* The format of the access log. */
#include "config/access_format.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char combined[] = "%h %l %u %t \"%r\" %>s %B \"%{Referer}i\" \"%{User-Agent}i\" %{plugin}n %P %D";

static const struct {
    char letter;
    enum access_kind kind;
} directives[] = {
    {'h', ACCESS_ADDRESS},    {'a', ACCESS_ADDRESS}, {'l', ACCESS_NONE},   {'u', ACCESS_NONE},   {'t', ACCESS_TIME},
    {'r', ACCESS_REQUEST},    {'m', ACCESS_METHOD},  {'U', ACCESS_PATH},   {'q', ACCESS_QUERY},  {'H', ACCESS_PROTOCOL},
    {'s', ACCESS_STATUS},     {'B', ACCESS_BYTES},   {'O', ACCESS_SENT},   {'D', ACCESS_MICROS}, {'T', ACCESS_SECONDS},
    {'b', ACCESS_BYTES_DASH}, {'p', ACCESS_PORT},    {'P', ACCESS_WORKER}, {'L', ACCESS_ID},
};

static int piece_add(struct access_format *f, enum access_kind kind, const char *text, size_t length) {
    if (!f) {
        return 0;
    }
    struct access_piece *grown = reallocarray(f->pieces, f->count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    f->pieces = grown;
    grown[f->count] = (struct access_piece){.kind = kind, .text = text ? strndup(text, length) : NULL};
    if (text && !grown[f->count].text) {
        return -ENOMEM;
    }
    f->count++;
    return 0;
}

/* "%{NAME}i" or "%{plugin}n"; *at is behind the '{'. */
static int named_add(struct access_format *f, const char **at) {
    size_t length = strcspn(*at, "}");
    const char *name = *at;
    if (length == 0 || !name[length] || !name[length + 1]) {
        return -EINVAL;
    }
    char letter = name[length + 1];
    *at += length + 2;
    if (letter == 'i') {
        return piece_add(f, ACCESS_FIELD, name, length);
    }
    bool plugin = letter == 'n' && length == strlen("plugin") && strncmp(name, "plugin", length) == 0;
    return plugin ? piece_add(f, ACCESS_PLUGIN, NULL, 0) : -EINVAL;
}

/* *at is behind the '%'. */
static int directive_add(struct access_format *f, const char **at) {
    if (**at == '%') {
        (*at)++;
        return piece_add(f, ACCESS_TEXT, "%", 1);
    }
    if (**at == '{') {
        (*at)++;
        return named_add(f, at);
    }
    *at += **at == '>' && (*at)[1] == 's';
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        if (**at == directives[i].letter) {
            (*at)++;
            return piece_add(f, directives[i].kind, NULL, 0);
        }
    }
    return -EINVAL;
}

int access_format_compile(const char *text, struct access_format *f) {
    if (strcmp(text, "json") == 0) {
        return 0;
    }
    const char *at = strcmp(text, "combined") == 0 ? combined : text;
    int error = *at && strchr(at, '%') ? 0 : -EINVAL;
    while (*at && !error) {
        size_t plain = strcspn(at, "%");
        error = plain ? piece_add(f, ACCESS_TEXT, at, plain) : 0;
        at += plain;
        if (!error && *at) {
            at++;
            error = directive_add(f, &at);
        }
    }
    return error;
}

void access_format_free(struct access_format *f) {
    for (size_t i = 0; i < f->count; i++) {
        free(f->pieces[i].text);
    }
    free(f->pieces);
    *f = (struct access_format){0};
}
