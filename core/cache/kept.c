/* Kept answers. */
#include "cache/kept.h"

#include <stdlib.h>
#include <string.h>

#include "cache/ask.h"
#include "cache/field.h"

/* What belongs to one answer, or to one connection, and is made anew for each. */
#define OWN                                                                                                            \
    "Date Age Server X-Request-Id Connection Keep-Alive Content-Length Transfer-Encoding Trailer Upgrade "             \
    "Proxy-Authenticate Proxy-Authentication-Info Proxy-Connection TE"

/* ---- Its parts ---- */

/* `but` (NULL: none): what that has goes before. */
static bool field_replaced(const struct field *f, const struct policy_answer *but) {
    struct field other;
    const char *at = but ? but->fields : NULL;
    while (but && field_next(&at, but->fields + but->length, &other)) {
        if (other.name_length == f->name_length && strncasecmp(other.name, f->name, f->name_length) == 0) {
            return true;
        }
    }
    return false;
}

static bool content_field(const struct field *f) {
    return f->name_length > 8 && strncasecmp(f->name, "Content-", 8) == 0;
}

/* `confirming`: from a 304, whose body's fields are not of the answer that it confirms. */
static int fields_take(struct kept *k, const char *fields, size_t length, bool confirming,
                       const struct policy_answer *but) {
    struct field f;
    int error = 0;
    for (const char *at = fields; !error && field_next(&at, fields + length, &f);) {
        bool left_out = field_among(&f, OWN) || (confirming && content_field(&f)) ||
                        (field_replaced(&f, but) && !content_field(&f));
        error = left_out ? 0 : buffer_append(&k->fields, f.line, f.length);
    }
    return error;
}

static int validators_take(struct kept *k) {
    struct field f;
    const char *end = k->fields.data + k->fields.length;
    for (const char *at = k->fields.data; at && field_next(&at, end, &f);) {
        char **place = field_named(&f, "ETag") ? &k->etag : field_named(&f, "Last-Modified") ? &k->modified : NULL;
        if (place && !*place) {
            *place = field_copy(&f);
            if (!*place) {
                return -1;
            }
        }
    }
    return 0;
}

static int selection_take(struct kept *k, const struct ask *ask) {
    struct field f;
    int error = 0;
    const char *end = k->fields.data + k->fields.length;
    for (const char *at = k->fields.data; !error && at && field_next(&at, end, &f);) {
        if (field_named(&f, "Vary")) {
            error = ask_select(ask, f.value, f.value_length, &k->selected);
        }
    }
    return error;
}

static struct kept *kept_begin(const struct ask *ask, const struct kept_owner *owner) {
    struct kept *k = calloc(1, sizeof(*k));
    if (!k) {
        return NULL;
    }
    k->references = 1;
    k->owner = *owner;
    list_init(&k->link);
    list_init(&k->recent);
    if (ask_key(ask, &k->key)) {
        kept_drop(k);
        return NULL;
    }
    return k;
}

/* It does not grow any more. */
static void buffer_fit(struct buffer *b) {
    char *fitting = b->data && b->capacity > b->length + 1 ? realloc(b->data, b->length + 1) : NULL;
    if (fitting) {
        b->data = fitting;
        b->capacity = b->length + 1;
    }
}

void kept_fit(struct kept *k) {
    buffer_fit(&k->key);
    buffer_fit(&k->selected);
    buffer_fit(&k->fields);
    buffer_fit(&k->body);
}

static struct kept *kept_end(struct kept *k, const struct policy_answer *a, const struct ask *ask, int error) {
    (void)policy_make(&k->policy, a, ask);
    k->date = a->seconds - (int64_t)(k->policy.initial / 1000000000u);
    if (error || validators_take(k) || selection_take(k, ask)) {
        kept_drop(k);
        return NULL;
    }
    return k;
}

/* ---- The whole ---- */

struct kept *kept_new(const struct policy_answer *a, const struct ask *ask, const struct kept_owner *owner) {
    struct kept *k = kept_begin(ask, owner);
    if (!k) {
        return NULL;
    }
    k->status = a->status;
    return kept_end(k, a, ask, fields_take(k, a->fields, a->length, false, NULL));
}

struct kept *kept_refusal(const struct ask *ask, const struct kept_owner *owner, uint64_t now, uint64_t lifetime) {
    struct kept *k = kept_begin(ask, owner);
    if (k) {
        k->refusal = true;
        k->policy = (struct policy){.since = now, .lifetime = lifetime};
    }
    return k;
}

struct kept *kept_refreshed(const struct kept *old, const struct policy_answer *confirmed, const struct ask *ask) {
    struct kept *k = kept_begin(ask, &old->owner);
    if (!k) {
        return NULL;
    }
    k->status = old->status;
    int error = fields_take(k, old->fields.data, old->fields.length, false, confirmed);
    error = error ? error : fields_take(k, confirmed->fields, confirmed->length, true, NULL);
    error = error ? error : buffer_append(&k->body, old->body.data ? old->body.data : "", old->body.length);
    struct policy_answer now = *confirmed;
    now.status = old->status;
    struct buffer whole = {0}; /* what it says is what both say; and how old it is the 304 alone */
    error = error ? error : buffer_append(&whole, k->fields.data, k->fields.length);
    struct field f;
    for (const char *at = confirmed->fields; !error && field_next(&at, confirmed->fields + confirmed->length, &f);) {
        error = field_among(&f, "Date Age") ? buffer_append(&whole, f.line, f.length) : 0;
    }
    now.fields = whole.data ? whole.data : "";
    now.length = whole.length;
    k = kept_end(k, &now, ask, error);
    buffer_free(&whole);
    return k;
}

struct kept *kept_hold(struct kept *k) {
    k->references++;
    return k;
}

void kept_drop(struct kept *k) {
    if (k && --k->references == 0) {
        buffer_free(&k->key);
        buffer_free(&k->selected);
        buffer_free(&k->fields);
        buffer_free(&k->body);
        free(k->etag);
        free(k->modified);
        free(k);
    }
}

size_t kept_bytes(const struct kept *k) {
    enum { HEAP = 16 };
    return sizeof(*k) + k->key.capacity + k->selected.capacity + k->fields.capacity + k->body.capacity +
           (k->etag ? strlen(k->etag) + HEAP : 0) + (k->modified ? strlen(k->modified) + HEAP : 0);
}

bool kept_validates(const struct kept *k) {
    return k->status == 200 && (k->etag || k->modified);
}
