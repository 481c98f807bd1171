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

/* A line that begins with a blank: of a head, none may. */
static const char *blank_fault(bool first, bool more) {
    if (!more) {
        return "a line of a blank, which ends no head, as COBOL's DISPLAY \" \" prints it: an empty line does";
    }
    return first ? "a blank before its first field, as Fortran's print * puts one: print '(a)' does not"
                 : "a line that is no header field";
}

/* "HTTP/1.1 200 OK", of programs that make the whole answer by themselves. What is wrong with it; NULL: nothing. */
static const char *status_line_take(struct head *h, const char *line) {
    const char *at = line + strlen("HTTP/");
    at += strspn(at, "0123456789.");
    h->whole = true;
    return *at == ' ' && status_parse(at + strspn(at, " "), &h->status) ? NULL
                                                                        : "a status line that is none of 200 to 599";
}

/* Of a whole answer, what the connection is about is left to the server, which says it in its own way. */
static const char *connection_take(const struct head *h, const char *name, bool *taken) {
    static const char *const names[] = {"Connection", "Keep-Alive", "Server", "Date"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        *taken |= h->whole && strcasecmp(name, names[i]) == 0;
    }
    return strcasecmp(name, "Transfer-Encoding") == 0 ? "a body in a transfer coding" : NULL;
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
    bool taken = false;
    const char *fault = connection_take(h, line, &taken);
    if (fault || taken) {
        return fault;
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
        if (line == text && strncmp(line, "HTTP/", strlen("HTTP/")) == 0) {
            *reason = status_line_take(h, line);
            any = true;
        } else {
            bool blank = *line == ' ' || *line == '\t';
            *reason = blank   ? blank_fault(line == text, line[strspn(line, " \t")])
                      : *line ? line_take(h, line, &any)
                              : NULL;
        }
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

const char *head_fault(const char *text, size_t length) {
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t line = end ? (size_t)(end - text) - at : length - at;
        size_t blanks = 0;
        while (blanks < line && (text[at + blanks] == ' ' || text[at + blanks] == '\t')) {
            blanks++;
        }
        bool more = blanks < line && text[at + blanks] != '\r';
        if (end && blanks > 0 && (!more || at == 0)) {
            return blank_fault(at == 0, more);
        }
        at += line + 1;
    }
    return NULL;
}
