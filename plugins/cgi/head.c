/* The head of what a program answers. */
#include "head.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

size_t head_end(const char *text, size_t length) {
    size_t line = 0; /* where the line begins */
    for (size_t at = 0; at < length; at++) {
        if (text[at] != '\n') {
            continue;
        }
        size_t end = at > line && text[at - 1] == '\r' ? at - 1 : at;
        if (end == line) {
            return at + 1;
        }
        line = at + 1;
    }
    return 0;
}

static bool name_valid(const char *name, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", c)) {
            return false;
        }
    }
    return length > 0;
}

static bool value_valid(const char *value) {
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* "404 Not Found": three digits, then nothing or a blank. */
static bool status_parse(const char *value, int *status) {
    size_t digits = strspn(value, "0123456789");
    *status = digits == 3 ? (int)strtol(value, NULL, 10) : 0;
    return *status >= 200 && *status <= 599 && (value[3] == '\0' || value[3] == ' ');
}

/* One line, ended by a NUL. What is wrong with it; NULL: nothing. */
static const char *line_take(struct head *h, char *line, bool *any) {
    char *colon = strchr(line, ':');
    if (!colon || !name_valid(line, (size_t)(colon - line))) {
        return "a line that is no header field";
    }
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (size_t n = strlen(value); n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'); n--) {
        value[n - 1] = '\0';
    }
    if (!value_valid(value)) {
        return "a field with a control character";
    }
    if (strcasecmp(line, "Status") == 0) {
        *any = true;
        return status_parse(value, &h->status) ? NULL : "a Status that is none of 200 to 599";
    }
    if (strcasecmp(line, "Content-Type") == 0) {
        *any = true;
        h->type = value;
    } else if (strcasecmp(line, "Location") == 0) {
        *any = true;
        h->location = value;
    } else if (strcasecmp(line, "Content-Length") == 0) {
        h->length = value;
    } else if (h->count == HEAD_FIELDS_MAX) {
        return "too many fields";
    } else {
        h->fields[h->count++] = (struct head_field){.name = line, .value = value};
    }
    return NULL;
}

int head_parse(struct head *h, char *text, size_t length, const char **reason) {
    bool any = false;
    *h = (struct head){0};
    *reason = memchr(text, '\0', length) ? "a NUL byte" : NULL;
    for (char *line = text; !*reason && line < text + length;) {
        char *end = memchr(line, '\n', length - (size_t)(line - text));
        char *next = end + 1;
        *end = '\0';
        if (end > line && end[-1] == '\r') {
            end[-1] = '\0';
        }
        *reason = *line ? line_take(h, line, &any) : NULL;
        line = next;
    }
    if (!*reason && !any) {
        *reason = "no Content-Type, Location or Status";
    }
    if (!h->status) {
        h->local = h->location && h->location[0] == '/' && h->location[1] != '/' && !h->type && !h->length && !h->count;
        h->status = h->location && !h->local ? 302 : 200;
    }
    return *reason ? -EINVAL : 0;
}
