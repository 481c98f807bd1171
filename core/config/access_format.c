/* The format of the access log. */
#include "config/access_format.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/head.h"

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
    grown[f->count] =
        (struct access_piece){.kind = kind, .text = text ? strndup(text, length) : NULL, .length = length};
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
    if (letter == 'i' && http_token_valid(name, length)) {
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

/* How many bytes of text, which begins with '%', its author has meant as a directive. */
static size_t directive_length(const char *text) {
    size_t length = text[1] == '{' ? strcspn(text, "}") + 1 : text[1] == '>' ? 2 : 1;
    return strnlen(text, length + 1);
}

int access_format_compile(const char *text, struct access_format *f, char wrong[ACCESS_WRONG_SIZE]) {
    const char *begin = "";
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
            begin = at++;
            error = directive_add(f, &at);
        }
    }
    if (error && wrong) {
        snprintf(wrong, ACCESS_WRONG_SIZE, "%.*s", *begin ? (int)directive_length(begin) : 0, begin);
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
