/* multipart/form-data, part by part. */
#include "http/multipart.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "http/byte.h"

#define FORM_DATA "multipart/form-data"

/* ---- Parameters: token, or quoted string (RFC 9110 section 5.6.6) ---- */

struct parameter {
    struct http_text name;
    struct http_text value;
};

static bool text_is(struct http_text text, const char *word) {
    return text.length == strlen(word) && strncasecmp(text.at, word, text.length) == 0;
}

/* Cuts `length` bytes off the front. */
static struct http_text text_cut(struct http_text *rest, size_t length) {
    struct http_text front = {rest->at, length};
    rest->at += length;
    rest->length -= length;
    return front;
}

static void space_skip(struct http_text *rest) {
    while (rest->length > 0 && (rest->at[0] == ' ' || rest->at[0] == '\t')) {
        text_cut(rest, 1);
    }
}

static struct http_text token_cut(struct http_text *rest) {
    size_t length = 0;
    while (length < rest->length && http_byte_is(rest->at[length], HTTP_BYTE_TOKEN)) {
        length++;
    }
    return text_cut(rest, length);
}

/* The text between quotes, of which the first has been seen. */
static int quoted_cut(struct http_text *rest, struct http_text *value) {
    text_cut(rest, 1);
    size_t length = 0;
    while (length < rest->length && rest->at[length] != '"') {
        bool escapes = rest->at[length] == '\\' && length + 1 < rest->length &&
                       (rest->at[length + 1] == '"' || rest->at[length + 1] == '\\');
        length += escapes ? 2 : 1;
    }
    if (length >= rest->length) {
        return -EINVAL;
    }
    *value = text_cut(rest, length);
    text_cut(rest, 1);
    return 0;
}

/* The next of what follows a media type or disposition. 0; -ENOENT: the end; -EINVAL. */
static int parameter_next(struct http_text *rest, struct parameter *parameter) {
    space_skip(rest);
    if (rest->length == 0) {
        return -ENOENT;
    }
    if (rest->at[0] != ';') {
        return -EINVAL;
    }
    text_cut(rest, 1);
    space_skip(rest);
    parameter->name = token_cut(rest);
    if (parameter->name.length == 0 || rest->length == 0 || rest->at[0] != '=') {
        return -EINVAL;
    }
    text_cut(rest, 1);
    if (rest->length > 0 && rest->at[0] == '"') {
        return quoted_cut(rest, &parameter->value);
    }
    parameter->value = token_cut(rest);
    return parameter->value.length > 0 ? 0 : -EINVAL;
}

void http_quoted_copy(struct http_text text, char *out) {
    for (size_t i = 0; i < text.length; i++) {
        bool escapes = text.at[i] == '\\' && i + 1 < text.length && (text.at[i + 1] == '"' || text.at[i + 1] == '\\');
        i += escapes;
        *out++ = text.at[i];
    }
    *out = '\0';
}

/* ---- Boundaries ---- */

/* RFC 2046 section 5.1.1: bchars, and no space at the end. */
static bool boundary_valid(struct http_text boundary) {
    if (boundary.length == 0 || boundary.length > HTTP_BOUNDARY_MAX || boundary.at[boundary.length - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < boundary.length; i++) {
        char c = boundary.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("'()+_,-./:=? ", c))) {
            return false;
        }
    }
    return true;
}

/* The boundary that a Content-Type names. 0, -ENOMSG or -EINVAL. */
static int boundary_find(const char *type, struct http_text *boundary) {
    struct http_text rest = {type, strlen(type)};
    size_t length = strcspn(type, "; \t");
    if (!text_is(text_cut(&rest, length), FORM_DATA)) {
        return -ENOMSG;
    }
    struct parameter parameter;
    int error;
    boundary->at = NULL;
    while ((error = parameter_next(&rest, &parameter)) == 0) {
        if (text_is(parameter.name, "boundary")) {
            if (boundary->at) {
                return -EINVAL;
            }
            *boundary = parameter.value;
        }
    }
    return error == -ENOENT && boundary->at && boundary_valid(*boundary) ? 0 : -EINVAL;
}

/* Where the next delimiter begins; NULL: there is none. */
static const char *delimiter_find(const struct http_multipart *m) {
    return memmem(m->at, (size_t)(m->end - m->at), m->delimiter, m->delimiter_length);
}

/* Whether a boundary stands here, without a line end of its own before it. */
static bool boundary_begins(const struct http_multipart *m) {
    size_t dashed = m->delimiter_length - 2;
    return (size_t)(m->end - m->at) >= dashed && memcmp(m->at, m->delimiter + 2, dashed) == 0;
}

int http_multipart_open(struct http_multipart *m, const char *type, const char *body, size_t length) {
    struct http_text boundary = {0};
    int error = boundary_find(type, &boundary);
    if (error) {
        return error;
    }
    *m = (struct http_multipart){.at = body, .end = body + length, .delimiter_length = 4 + boundary.length};
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.at, boundary.length);
    /* The first one needs no line end before it; what stands before a later one is a preamble, and ignored. */
    if (boundary_begins(m)) {
        m->at += m->delimiter_length - 2;
        return 0;
    }
    const char *found = delimiter_find(m);
    m->at = found ? found + m->delimiter_length : m->end;
    return found ? 0 : -EINVAL;
}

/* ---- Parts ---- */

/* A line without its CRLF. */
static int line_cut(struct http_text *rest, struct http_text *line) {
    const char *end = memmem(rest->at, rest->length, "\r\n", 2);
    if (!end) {
        return -EINVAL;
    }
    *line = text_cut(rest, (size_t)(end - rest->at));
    text_cut(rest, 2);
    for (size_t i = 0; i < line->length; i++) {
        if (!http_byte_is(line->at[i], HTTP_BYTE_TEXT)) {
            return -EINVAL;
        }
    }
    return 0;
}

/* Notes a parameter of Content-Disposition. filename* is none of this type (RFC 7578 section 4.2): ignored. */
static int disposition_read(struct http_text value, struct http_part *part) {
    if (!text_is(token_cut(&value), "form-data") || part->name.at) {
        return -EINVAL;
    }
    struct parameter parameter;
    int error;
    while ((error = parameter_next(&value, &parameter)) == 0) {
        struct http_text *into = text_is(parameter.name, "name")       ? &part->name
                                 : text_is(parameter.name, "filename") ? &part->filename
                                                                       : NULL;
        if (into && into->at) {
            return -EINVAL;
        }
        if (into) {
            *into = parameter.value;
        }
    }
    return error == -ENOENT && part->name.at ? 0 : -EINVAL;
}

static int field_read(struct http_text line, struct http_part *part) {
    struct http_text name = token_cut(&line);
    if (name.length == 0 || line.length == 0 || line.at[0] != ':') {
        return -EINVAL;
    }
    text_cut(&line, 1);
    space_skip(&line);
    while (line.length > 0 && (line.at[line.length - 1] == ' ' || line.at[line.length - 1] == '\t')) {
        line.length--;
    }
    if (text_is(name, "Content-Disposition")) {
        return disposition_read(line, part);
    }
    if (text_is(name, "Content-Type")) {
        bool twice = part->type.at != NULL;
        part->type = line;
        return twice || line.length == 0 ? -EINVAL : 0;
    }
    if (text_is(name, "Content-Transfer-Encoding")) { /* deprecated, RFC 7578 section 4.7; we decode none */
        return text_is(line, "7bit") || text_is(line, "8bit") || text_is(line, "binary") ? 0 : -EINVAL;
    }
    return 0;
}

/* The header fields, and the empty line behind them. */
static int head_read(struct http_multipart *m, struct http_part *part) {
    struct http_text rest = {m->at, (size_t)(m->end - m->at)};
    bool cut = rest.length > HTTP_PART_HEAD_MAX;
    rest.length = cut ? HTTP_PART_HEAD_MAX : rest.length;
    if (!memmem(rest.at, rest.length, "\r\n\r\n", 4)) {
        return cut ? -E2BIG : -EINVAL;
    }
    struct http_text line;
    int error;
    while ((error = line_cut(&rest, &line)) == 0 && line.length > 0) {
        error = field_read(line, part);
        if (error) {
            return error;
        }
    }
    m->at = rest.at;
    return error || !part->name.at ? -EINVAL : 0;
}

/* What follows a boundary on its line. 0: a part; -ENOENT: that was the last one. */
static int boundary_end(struct http_multipart *m) {
    struct http_text rest = {m->at, (size_t)(m->end - m->at)};
    bool last = rest.length >= 2 && memcmp(rest.at, "--", 2) == 0;
    if (last) {
        text_cut(&rest, 2);
    }
    space_skip(&rest); /* transport padding */
    bool line_end = rest.length >= 2 && memcmp(rest.at, "\r\n", 2) == 0;
    if (!line_end && !(last && rest.length == 0)) {
        return -EINVAL;
    }
    m->at = rest.at + (line_end ? 2 : 0);
    return last ? -ENOENT : 0;
}

int http_multipart_next(struct http_multipart *m, struct http_part *part) {
    *part = (struct http_part){0};
    int error = boundary_end(m);
    if (error) {
        return error;
    }
    if (m->parts++ == HTTP_PARTS_MAX) {
        return -E2BIG;
    }
    error = head_read(m, part);
    if (error) {
        return error;
    }
    const char *delimiter = delimiter_find(m);
    if (!delimiter || boundary_begins(m)) {
        return -EINVAL;
    }
    part->data = (struct http_text){m->at, (size_t)(delimiter - m->at)};
    m->at = delimiter + m->delimiter_length;
    return 0;
}
