/* A JSON text is read once, from left to right; what is kept is written as it stood. */
#include "reduce.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 16, PATH_SIZE = 128 };

enum fate {
    DROPPED,
    OPENED, /* it holds something that is kept */
    KEPT,
};

struct reading {
    struct socgi_response *res;
    const char *at;
    const char *const *kept;
    char path[PATH_SIZE];
    size_t path_length;
    int depth;
};

static int value_read(struct reading *r, enum fate fate);

static void space_skip(struct reading *r) {
    r->at += strspn(r->at, " \t\r\n");
}

static bool take(struct reading *r, char c) {
    space_skip(r);
    bool found = *r->at == c;
    r->at += found;
    return found;
}

static enum fate path_fate(const struct reading *r) {
    for (const char *const *name = r->kept; *name; name++) {
        if (strncmp(*name, r->path, r->path_length) == 0) {
            char next = (*name)[r->path_length];
            if (next == '\0' || next == '.') {
                return next ? OPENED : KEPT;
            }
        }
    }
    return DROPPED;
}

/* A name too long for the path is none of ours. */
static bool path_push(struct reading *r, const char *name, size_t length) {
    size_t dot = r->path_length > 0;
    if (length + dot >= PATH_SIZE - r->path_length) {
        return false;
    }
    if (dot) {
        r->path[r->path_length++] = '.';
    }
    memcpy(r->path + r->path_length, name, length);
    r->path_length += length;
    r->path[r->path_length] = '\0';
    return true;
}

/* Skips a string; the quotes belong to it. */
static int string_skip(struct reading *r) {
    if (*r->at != '"') {
        return -EBADMSG;
    }
    for (r->at++; *r->at != '"'; r->at++) {
        r->at += *r->at == '\\';
        if (*r->at == '\0') {
            return -EBADMSG;
        }
    }
    r->at++;
    return 0;
}

static int member_read(struct reading *r, enum fate around, bool *written) {
    space_skip(r);
    const char *name = r->at;
    int error = string_skip(r);
    size_t length = (size_t)(r->at - name);
    if (error || !take(r, ':')) {
        return -EBADMSG;
    }
    size_t before = r->path_length;
    enum fate fate = around;
    if (around == OPENED) {
        fate = path_push(r, name + 1, length - 2) ? path_fate(r) : DROPPED;
    }
    if (around == OPENED && fate != DROPPED) {
        error = socgi_write(r->res, ",", *written ? 1 : 0);
        error = error ? error : socgi_write(r->res, name, length);
        error = error ? error : socgi_write(r->res, ":", 1);
        *written = true;
    }
    error = error ? error : value_read(r, fate);
    r->path_length = before;
    return error;
}

static int element_read(struct reading *r, enum fate fate, bool *written) {
    int error = fate == OPENED && *written ? socgi_write(r->res, ",", 1) : 0;
    *written = true;
    return error ? error : value_read(r, fate);
}

/* An object or an array, from behind its first bracket. */
static int container_read(struct reading *r, enum fate fate, char bracket) {
    char last = bracket == '{' ? '}' : ']';
    bool written = false;
    int error = fate == OPENED ? socgi_write(r->res, &bracket, 1) : 0;
    if (!error && !take(r, last)) {
        do {
            error = bracket == '{' ? member_read(r, fate, &written) : element_read(r, fate, &written);
        } while (!error && take(r, ','));
        if (!error && !take(r, last)) {
            error = -EBADMSG;
        }
    }
    return !error && fate == OPENED ? socgi_write(r->res, &last, 1) : error;
}

/* A number or a word. */
static int scalar_skip(struct reading *r) {
    size_t length = strspn(r->at, "+-.0123456789Eaeflnrstu");
    r->at += length;
    return length > 0 ? 0 : -EBADMSG;
}

static int value_read(struct reading *r, enum fate fate) {
    space_skip(r);
    const char *start = r->at;
    char first = *start;
    int error;
    if (first == '{' || first == '[') {
        if (r->depth == DEPTH_MAX) {
            return -EBADMSG;
        }
        r->depth++;
        r->at++;
        error = container_read(r, fate == OPENED ? OPENED : DROPPED, first); /* what is kept is written whole, below */
        r->depth--;
    } else if (fate == OPENED) {
        return -EBADMSG; /* it should hold something */
    } else {
        error = first == '"' ? string_skip(r) : scalar_skip(r);
    }
    return !error && fate == KEPT ? socgi_write(r->res, start, (size_t)(r->at - start)) : error;
}

int reduce_json(struct socgi_response *res, const char *json, const char *const *kept) {
    struct reading r = {.res = res, .at = json, .kept = kept};
    space_skip(&r);
    int error = *r.at == '{' ? value_read(&r, OPENED) : -EBADMSG;
    space_skip(&r);
    return error || *r.at == '\0' ? error : -EBADMSG;
}
