/* Media types by file name: a table sorted by extension, made once from text in the form of /etc/mime.types. */
#include "types.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNKNOWN "application/octet-stream"

enum { EXTENSION_MAX = 32 };

/* Used where the system has no table, and for what an old one lacks. */
static const char few[] = "text/html html htm\n"
                          "text/css css\n"
                          "text/plain txt text log\n"
                          "text/markdown md\n"
                          "text/csv csv\n"
                          "text/javascript js mjs\n"
                          "application/json json map\n"
                          "application/manifest+json webmanifest\n"
                          "application/xml xml\n"
                          "application/wasm wasm\n"
                          "application/pdf pdf\n"
                          "application/gzip gz\n"
                          "application/zip zip\n"
                          "image/svg+xml svg\n"
                          "image/png png\n"
                          "image/jpeg jpg jpeg\n"
                          "image/gif gif\n"
                          "image/webp webp\n"
                          "image/avif avif\n"
                          "image/vnd.microsoft.icon ico\n"
                          "audio/mpeg mp3\n"
                          "video/mp4 mp4\n"
                          "video/webm webm\n"
                          "font/woff woff\n"
                          "font/woff2 woff2\n";

struct type_name {
    struct type_name *next;
    char text[];
};

struct entry {
    char extension[EXTENSION_MAX]; /* in lower case */
    const char *type;              /* the text of a type_name */
    size_t order;                  /* where two lines name an extension, the first counts */
};

struct types {
    struct entry *entries;
    size_t count;
    size_t capacity;
    struct type_name *names;
};

/* The type as it is sent. Text without a character set would be guessed at. */
static const char *name_add(struct types *types, const char *type) {
    const char *charset = strncasecmp(type, "text/", 5) == 0 && !strchr(type, ';') ? "; charset=utf-8" : "";
    size_t size = strlen(type) + strlen(charset) + 1;
    struct type_name *name = malloc(sizeof(*name) + size);
    if (!name) {
        return NULL;
    }
    snprintf(name->text, size, "%s%s", type, charset);
    name->next = types->names;
    types->names = name;
    return name->text;
}

static bool extension_lower(const char *text, char out[EXTENSION_MAX]) {
    size_t length = strlen(text);
    if (length == 0 || length >= EXTENSION_MAX) {
        return false;
    }
    for (size_t i = 0; i <= length; i++) {
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    }
    return true;
}

static int entry_add(struct types *types, const char *extension, const char *type) {
    struct entry entry = {.type = type, .order = types->count};
    if (!extension_lower(extension, entry.extension)) {
        return 0; /* no file of ours has such a name */
    }
    if (types->count == types->capacity) {
        size_t capacity = types->capacity ? types->capacity * 2 : 256;
        struct entry *entries = reallocarray(types->entries, capacity, sizeof(*entries));
        if (!entries) {
            return -ENOMEM;
        }
        types->entries = entries;
        types->capacity = capacity;
    }
    types->entries[types->count++] = entry;
    return 0;
}

/* A type becomes a header field, so it has to look like one of RFC 9110 section 8.3.1. */
static bool type_valid(const char *type) {
    for (const char *c = type; *c; c++) {
        if (!isgraph((unsigned char)*c)) {
            return false;
        }
    }
    return strchr(type, '/') != NULL;
}

static int line_add(struct types *types, char *line) {
    static const char space[] = " \t\r\n";
    char *rest;
    line[strcspn(line, "#")] = '\0';
    const char *type = strtok_r(line, space, &rest);
    if (!type || !type_valid(type)) {
        return 0;
    }
    const char *name = NULL;
    for (const char *ext; (ext = strtok_r(NULL, space, &rest));) {
        name = name ? name : name_add(types, type);
        int error = name ? entry_add(types, ext, name) : -ENOMEM;
        if (error) {
            return error;
        }
    }
    return 0;
}

static int stream_add(struct types *types, FILE *in) {
    char *line = NULL;
    size_t capacity = 0;
    int error = 0;
    while (!error && getline(&line, &capacity, in) >= 0) {
        error = line_add(types, line);
    }
    if (!error && ferror(in)) {
        error = errno ? -errno : -EIO;
    }
    free(line);
    return error;
}

static int few_add(struct types *types) {
    char line[128];
    for (const char *at = few; *at;) {
        int length = (int)strcspn(at, "\n");
        snprintf(line, sizeof(line), "%.*s", length, at);
        int error = line_add(types, line);
        if (error) {
            return error;
        }
        at += length + 1;
    }
    return 0;
}

static int file_add(struct types *types, const char *path) {
    FILE *in = fopen(path, "re");
    if (!in) {
        return -errno;
    }
    int error = stream_add(types, in);
    fclose(in);
    return error;
}

static int entry_compare(const void *a, const void *b) {
    const struct entry *x = a;
    const struct entry *y = b;
    int order = strcmp(x->extension, y->extension);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static int extension_compare(const void *key, const void *entry) {
    return strcmp(key, ((const struct entry *)entry)->extension);
}

/* Sorts, and keeps the first of those with one extension. */
static void table_finish(struct types *types) {
    qsort(types->entries, types->count, sizeof(*types->entries), entry_compare);
    size_t kept = 0;
    for (size_t i = 0; i < types->count; i++) {
        if (kept == 0 || strcmp(types->entries[kept - 1].extension, types->entries[i].extension) != 0) {
            types->entries[kept++] = types->entries[i];
        }
    }
    types->count = kept;
}

int types_load(const char *path, struct types **out) {
    struct types *types = calloc(1, sizeof(*types));
    int error = types ? 0 : -ENOMEM;
    if (!error && path) {
        error = file_add(types, path);
    }
    error = error ? error : few_add(types);
    if (error) {
        types_free(types);
        return error;
    }
    table_finish(types);
    *out = types;
    return 0;
}

void types_free(struct types *types) {
    if (!types) {
        return;
    }
    while (types->names) {
        struct type_name *name = types->names;
        types->names = name->next;
        free(name);
    }
    free(types->entries);
    free(types);
}

const char *types_find(const struct types *types, const char *name) {
    char extension[EXTENSION_MAX];
    const char *dot = strrchr(name, '.');
    if (!dot || !extension_lower(dot + 1, extension)) {
        return UNKNOWN;
    }
    const struct entry *found =
        bsearch(extension, types->entries, types->count, sizeof(*types->entries), extension_compare);
    return found ? found->type : UNKNOWN;
}
