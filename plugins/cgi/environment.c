/* The environment of a program. */
#include "environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 16 };

struct list {
    const struct socgi_request *req;
    char **texts;
    size_t count;
    size_t capacity;
    bool failed;
};

static void add(struct list *l, const char *name, const char *value) {
    const char *text = value && l->count < l->capacity ? socgi_format(l->req, "%s=%s", name, value) : NULL;
    l->failed |= value && !text;
    if (text) {
        memcpy(&l->texts[l->count++], &text, sizeof(text)); /* execve takes them as not const, and changes nothing */
    }
}

/* Those that are of the program and not of the plugin. */
static bool is_replaced(const char *name) {
    static const char *const names[] = {"SCRIPT_NAME", "PATH_INFO"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static size_t meta_count(const struct socgi_request *req) {
    const char *name, *value;
    size_t count = 0;
    while (socgi_meta_at(req, count, &name, &value) == 0) {
        count++;
    }
    return count;
}

static void add_meta(struct list *l) {
    const char *name, *value;
    for (size_t i = 0; socgi_meta_at(l->req, i, &name, &value) == 0; i++) {
        if (!is_replaced(name)) {
            add(l, name, value);
        }
    }
}

static void add_program(struct list *l, const struct settings *s, const struct program *program) {
    const char *path = socgi_path_info(l->req);
    const char *info = path + program->length;
    const char *script = socgi_format(l->req, "%s%.*s", socgi_route(l->req), (int)program->length, path);
    add(l, "SCRIPT_NAME", script ? script : "");
    add(l, "SCRIPT_FILENAME", program->path);
    add(l, "DOCUMENT_ROOT", s->path);
    add(l, "REDIRECT_STATUS", "200"); /* php-cgi runs nothing without it */
    if (*info) {
        add(l, "PATH_INFO", info);
        add(l, "PATH_TRANSLATED", socgi_format(l->req, "%s%s", s->path, info));
    }
    if (s->authorization) {
        add(l, "HTTP_AUTHORIZATION", socgi_header(l->req, "Authorization"));
    }
}

/* Calls it for each word. */
static size_t words(const char *text, struct list *l, void (*take)(struct list *l, const char *word, size_t length)) {
    size_t count = 0;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (take) {
            take(l, at, length);
        }
        at += length;
        count++;
    }
    return count;
}

static void pass_one(struct list *l, const char *word, size_t length) {
    const char *name = socgi_format(l->req, "%.*s", (int)length, word);
    if (name) {
        add(l, name, getenv(name));
    }
}

static void set_one(struct list *l, const char *word, size_t length) {
    const char *equals = memchr(word, '=', length);
    if (equals && equals > word) {
        const char *name = socgi_format(l->req, "%.*s", (int)(equals - word), word);
        const char *value = socgi_format(l->req, "%.*s", (int)(word + length - equals - 1), equals + 1);
        add(l, name ? name : "", value);
    }
}

char **environment_make(const struct socgi_request *req, const struct settings *s, const struct program *program) {
    struct list l = {.req = req};
    l.capacity = meta_count(req) + OWN_MAX + words(s->pass, NULL, NULL) + words(s->set, NULL, NULL);
    l.texts = socgi_alloc(req, (l.capacity + 1) * sizeof(*l.texts)); /* zeroed: the end is there */
    if (!l.texts) {
        return NULL;
    }
    words(s->pass, &l, pass_one);
    add_meta(&l);
    add_program(&l, s, program);
    words(s->set, &l, set_one);
    return l.failed ? NULL : l.texts;
}
