/* The head of a saved request. */
#include "wire/saved.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "folder "
#define FILE_NAME "plugin "
#define REQUEST "request "
#define BODY "body "

long saved_head_write(const struct saved_head *h, char *out) {
    if (strchr(h->folder, '\n') || strchr(h->file, '\n')) {
        return -EINVAL;
    }
    int n = snprintf(out, SAVED_HEAD_MAX,
                     SAVED_MAGIC FOLDER "%s\n" FILE_NAME "%s\n" REQUEST "%" PRIu64 "\n" BODY "%" PRIu64 "\n\n",
                     h->folder, h->file, h->length, h->body);
    return n > 0 && n < SAVED_HEAD_MAX ? n : -EINVAL;
}

/* The value of the line that begins with `name` at *at, which is moved behind it; NULL: it is another. */
static const char *line_take(const char **at, const char *end, const char *name, size_t *length) {
    size_t size = strlen(name);
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    if (!stop || (size_t)(stop - *at) < size || memcmp(*at, name, size) != 0) {
        return NULL;
    }
    const char *value = *at + size;
    *length = (size_t)(stop - value);
    *at = stop + 1;
    return value;
}

static int text_take(const char **at, const char *end, const char *name, char *out, size_t capacity) {
    size_t length;
    const char *value = line_take(at, end, name, &length);
    if (!value || length >= capacity) {
        return -EINVAL;
    }
    memcpy(out, value, length);
    out[length] = '\0';
    return 0;
}

static int number_take(const char **at, const char *end, const char *name, uint64_t *out) {
    char text[24];
    char *stop;
    int error = text_take(at, end, name, text, sizeof(text));
    *out = error ? 0 : strtoull(text, &stop, 10);
    return error || *stop || stop == text ? -EINVAL : 0;
}

long saved_head_read(struct saved_head *h, const char *text, size_t length) {
    const char *at = text;
    const char *end = text + length;
    size_t nothing;
    int error = line_take(&at, end, "socgi saved request 1", &nothing) ? 0 : -EINVAL;
    error = error ? error : text_take(&at, end, FOLDER, h->folder, sizeof(h->folder));
    error = error ? error : text_take(&at, end, FILE_NAME, h->file, sizeof(h->file));
    error = error ? error : number_take(&at, end, REQUEST, &h->length);
    error = error ? error : number_take(&at, end, BODY, &h->body);
    error = error ? error : line_take(&at, end, "", &nothing) && nothing == 0 ? 0 : -EINVAL;
    return error ? error : at - text;
}
