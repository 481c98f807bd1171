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

/* Where the variable of that text is, "NAME=VALUE", or is to be. */
static size_t place_of(const struct list *l, const char *text) {
    size_t length = strcspn(text, "=") + 1;
    size_t i = 0;
    while (i < l->count && strncmp(l->texts[i], text, length) != 0) {
        i++;
    }
    return i;
}

/* The last one of a name counts. */
static void add_text(struct list *l, const char *text) {
    size_t place = text ? place_of(l, text) : l->capacity;
    l->failed |= place == l->capacity;
    if (place < l->capacity) {
        memcpy(&l->texts[place], &text, sizeof(text)); /* execve takes them as not const, and changes nothing */
        l->count += place == l->count;
    }
}

static void add(struct list *l, const char *name, const char *value) {
    if (value) {
        add_text(l, socgi_format(l->req, "%s=%s", name, value));
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
    const char *path = socgi_path(l->req);
    const char *info = path + program->length;
    const char *root = s->path ? s->path : program->folder;
    const char *script = socgi_format(l->req, "%.*s", (int)program->length, path);
    add(l, "SCRIPT_NAME", script ? script : "");
    add(l, "SCRIPT_FILENAME", program->asked);
    add(l, "DOCUMENT_ROOT", root);
    if (program->interpreter) {
        add(l, "REDIRECT_STATUS", "200"); /* php-cgi runs nothing without it */
    }
    if (*info) {
        add(l, "PATH_INFO", info);
        add(l, "PATH_TRANSLATED", socgi_format(l->req, "%s%s", root, info));
    }
    if (s->authorization) {
        add(l, "HTTP_AUTHORIZATION", socgi_header(l->req, "Authorization"));
    }
}

static size_t set_count(char **set) {
    size_t count = 0;
    while (set[count]) {
        count++;
    }
    return count;
}

static void add_set(struct list *l, char **set) {
    for (; *set; set++) {
        add_text(l, *set);
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

char **environment_make(const struct socgi_request *req, const struct settings *s, const struct program *program) {
    const struct manner *manner = settings_manner(s, program->name);
    struct list l = {.req = req};
    l.capacity = meta_count(req) + OWN_MAX + words(s->pass, NULL, NULL) + set_count(s->usual.set) +
                 (manner != &s->usual ? set_count(manner->set) : 0);
    l.texts = socgi_alloc(req, (l.capacity + 1) * sizeof(*l.texts)); /* zeroed: the end is there */
    if (!l.texts) {
        return NULL;
    }
    words(s->pass, &l, pass_one);
    add_meta(&l);
    add_program(&l, s, program);
    add_set(&l, s->usual.set);
    if (manner != &s->usual) {
        add_set(&l, manner->set);
    }
    return l.failed ? NULL : l.texts;
}
