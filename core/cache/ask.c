/* What a request says to a cache. */
#include "cache/ask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cache/field.h"
#include "http/parse.h"

static bool name_is(const struct ask *a, const struct http_field *f, const char *name, size_t length) {
    return f->name.length == length && strncasecmp(http_text(a->head, f->name), name, length) == 0;
}

/* The first of a name counts: what follows can only make more of the answer be sent. */
static void condition_read(struct ask *a, const struct http_field *f) {
    const struct {
        const char *name;
        const char **place;
    } conditions[] = {
        {"Range", &a->range},
        {"If-Match", &a->if_match},
        {"If-None-Match", &a->if_none_match},
        {"If-Modified-Since", &a->if_modified_since},
        {"If-Unmodified-Since", &a->if_unmodified_since},
        {"If-Range", &a->if_range},
    };
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (!*conditions[i].place && name_is(a, f, conditions[i].name, strlen(conditions[i].name))) {
            *conditions[i].place = http_text(a->head, f->value);
        }
    }
}

void ask_read(struct ask *a, const struct http_request *request, const char *head, bool body) {
    bool pragma = false;
    bool control = false;
    *a = (struct ask){.request = request, .head = head, .body = body};
    directives_begin(&a->said);
    for (uint32_t i = 0; i < request->field_count; i++) {
        const struct http_field *f = &request->fields[i];
        const char *value = http_text(head, f->value);
        if (name_is(a, f, "Cache-Control", 13)) {
            control = true;
            directives_read(&a->said, value, f->value.length);
        } else if (name_is(a, f, "Pragma", 6)) {
            pragma = pragma || strcasestr(value, "no-cache");
        } else if (name_is(a, f, "Authorization", 13)) {
            a->authorization = true;
        } else if (name_is(a, f, "Cookie", 6)) {
            a->cookie = true;
        } else {
            condition_read(a, f);
        }
    }
    a->said.no_cache = a->said.no_cache || (pragma && !control);
}

bool ask_fits(const struct ask *a) {
    return (a->request->method == METHOD_GET || a->request->method == METHOD_HEAD) && !a->body;
}

/* ---- Keys ---- */

static int key_begin(const struct ask *a, struct buffer *key) {
    int error = buffer_append(key, http_text(a->head, a->request->host), a->request->host.length);
    for (size_t i = 0; !error && i < key->length; i++) {
        key->data[i] = (char)tolower((unsigned char)key->data[i]);
    }
    return error ? error : buffer_append(key, " ", 1);
}

int ask_key(const struct ask *a, struct buffer *key) {
    const struct http_request *r = a->request;
    int error = key_begin(a, key);
    error = error ? error : buffer_append(key, http_text(a->head, r->path), r->path.length);
    error = error || r->query.length == 0 ? error : buffer_append(key, "?", 1);
    return error ? error : buffer_append(key, http_text(a->head, r->query), r->query.length);
}

int ask_key_of(const struct ask *a, const char *target, size_t length, struct buffer *key) {
    const struct http_span host = a->request->host;
    const char *scheme = length > 3 ? memmem(target, length, "://", 3) : NULL;
    if (scheme && (scheme - target == 4 || scheme - target == 5) && strncasecmp(target, "http", 4) == 0) {
        size_t skip = (size_t)(scheme - target) + 3;
        if (length < skip + host.length || strncasecmp(target + skip, http_text(a->head, host), host.length) != 0) {
            return 0;
        }
        target += skip + host.length;
        length -= skip + host.length;
    }
    const char *fragment = memchr(target, '#', length);
    length = fragment ? (size_t)(fragment - target) : length;
    if (length == 0 || target[0] != '/' || (length > 1 && target[1] == '/')) {
        return 0;
    }
    int error = key_begin(a, key);
    return error ? error : buffer_append(key, target, length);
}

/* ---- Variants ---- */

/* All lines of that name as one, separated by commas; white space around members is none of theirs. */
static int value_join(const struct ask *a, const char *name, size_t length, struct buffer *out) {
    const struct http_request *r = a->request;
    int error = 0;
    bool any = false;
    for (uint32_t i = 0; i < r->field_count && !error; i++) {
        if (name_is(a, &r->fields[i], name, length)) {
            error = any ? buffer_append(out, ",", 1) : 0;
            error =
                error ? error : buffer_append(out, http_text(a->head, r->fields[i].value), r->fields[i].value.length);
            any = true;
        }
    }
    return error;
}

/* "name: value CRLF" */
static int line_append(const struct ask *a, const char *name, size_t length, struct buffer *out) {
    int error = buffer_append(out, name, length);
    error = error ? error : buffer_append(out, ":", 1);
    error = error ? error : value_join(a, name, length, out);
    return error ? error : buffer_append(out, "\r\n", 2);
}

int ask_select(const struct ask *a, const char *vary, size_t length, struct buffer *out) {
    const char *at = vary;
    size_t token_length;
    int error = 0;
    for (const char *token; token = token_next(&at, vary + length, &token_length), token_length > 0 && !error;) {
        error = line_append(a, token, token_length, out);
    }
    return error;
}

bool ask_matches(const struct ask *a, const char *selected, size_t length) {
    struct buffer ours = {0};
    struct field f;
    const char *at = selected;
    int error = 0;
    while (!error && at < selected + length && field_next(&at, selected + length, &f)) {
        error = line_append(a, f.name, f.name_length, &ours);
    }
    bool same = !error && ours.length == length && (length == 0 || memcmp(ours.data, selected, length) == 0);
    buffer_free(&ours);
    return same;
}
