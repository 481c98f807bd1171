/* What a responder is told of a request. */
#include "params.h"

#include <stdbool.h>
#include <string.h>

#include "record.h"

enum { OWN_MAX = 8 };

struct pair {
    const char *name, *value;
    size_t name_length, value_length;
};

struct pairs {
    struct pair *at;
    size_t count;
    size_t bytes;
    bool failed;
};

static void add_sized(struct pairs *p, const char *name, size_t name_length, const char *value, size_t value_length) {
    p->at[p->count++] = (struct pair){name, value, name_length, value_length};
    p->bytes += record_pair_size(name_length, value_length);
}

static void add(struct pairs *p, const char *name, const char *value) {
    if (value) {
        add_sized(p, name, strlen(name), value, strlen(value));
    }
}

/* Those that are of the script and not of the plugin. */
static bool is_replaced(const char *name) {
    return strcmp(name, "SCRIPT_NAME") == 0 || strcmp(name, "PATH_INFO") == 0 || strcmp(name, "PATH_TRANSLATED") == 0;
}

static void add_meta(struct pairs *p, const struct socgi_request *req) {
    const char *name, *value;
    for (size_t i = 0; socgi_meta_at(req, i, &name, &value) == 0; i++) {
        if (!is_replaced(name)) {
            add(p, name, value);
        }
    }
}

/* REDIRECT_STATUS is for php, which else may take itself for a program that anybody has called. */
static void add_script(struct pairs *p, const struct socgi_request *req, const struct settings *s,
                       const struct script *script) {
    const char *name = socgi_format(req, "%s%s", socgi_route(req), script->name);
    p->failed = !name;
    add(p, "SCRIPT_NAME", name);
    add(p, "SCRIPT_FILENAME", script->filename);
    add(p, "DOCUMENT_ROOT", s->path);
    if (!socgi_meta(req, "REDIRECT_STATUS")) {
        add(p, "REDIRECT_STATUS", "200");
    }
    if (*script->info) {
        add(p, "PATH_INFO", script->info);
        add(p, "PATH_TRANSLATED", s->path ? socgi_format(req, "%s%s", s->path, script->info) : NULL);
    }
    if (s->authorization) {
        add(p, "HTTP_AUTHORIZATION", socgi_header(req, "Authorization"));
    }
}

static size_t words_count(const char *text) {
    size_t count = 0;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        at += strcspn(at, " ");
        count++;
    }
    return count;
}

static void add_set(struct pairs *p, const char *text) {
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        const char *equals = memchr(at, '=', length);
        if (equals && equals > at) {
            add_sized(p, at, (size_t)(equals - at), equals + 1, (size_t)(at + length - equals) - 1);
        }
        at += length;
    }
}

static size_t meta_count(const struct socgi_request *req) {
    const char *name, *value;
    size_t count = 0;
    while (socgi_meta_at(req, count, &name, &value) == 0) {
        count++;
    }
    return count;
}

/* As one stream, cut into records where it has to be. */
static unsigned char *params_write(const struct pairs *p, unsigned char *stream, unsigned char *to) {
    size_t written = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct pair *pair = &p->at[i];
        written += record_pair(stream + written, pair->name, pair->name_length, pair->value, pair->value_length);
    }
    for (size_t at = 0; at < written;) {
        size_t n = written - at < RECORD_CONTENT_STEP ? written - at : RECORD_CONTENT_STEP;
        record_head(to, RECORD_PARAMS, n);
        memcpy(to + RECORD_HEAD, stream + at, n);
        to += RECORD_HEAD + n;
        at += n;
    }
    record_head(to, RECORD_PARAMS, 0);
    return to + RECORD_HEAD;
}

unsigned char *params_make(const struct socgi_request *req, const struct settings *s, const struct script *script,
                           size_t body, size_t *length) {
    struct pairs p = {0};
    p.at = socgi_alloc(req, (meta_count(req) + OWN_MAX + words_count(s->set)) * sizeof(*p.at));
    if (!p.at) {
        return NULL;
    }
    add_meta(&p, req);
    add_script(&p, req, s, script);
    add_set(&p, s->set);
    size_t heads = p.bytes / RECORD_CONTENT_STEP + 3;
    unsigned char *stream = socgi_alloc(req, p.bytes);
    unsigned char *records = socgi_alloc(req, RECORD_BEGIN_SIZE + p.bytes + heads * RECORD_HEAD);
    if (p.failed || !stream || !records) {
        return NULL;
    }
    record_begin(records, s->keep);
    unsigned char *end = params_write(&p, stream, records + RECORD_BEGIN_SIZE);
    if (body == 0) {
        record_head(end, RECORD_STDIN, 0);
        end += RECORD_HEAD;
    }
    *length = (size_t)(end - records);
    return records;
}
