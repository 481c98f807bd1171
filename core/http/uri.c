/* Percent-encoding, paths and form parameters. */
#include "http/uri.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "http/byte.h"

/* The byte that the escape at text[0..length) stands for; -1: broken. */
static int escape_value(const char *text, size_t length) {
    if (length < 3) {
        return -1;
    }
    int high = http_hex_value(text[1]);
    int low = http_hex_value(text[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static long path_unescape(const char *raw, size_t length, char *out) {
    size_t to = 0;
    for (size_t i = 0; i < length; i++) {
        int c = (unsigned char)raw[i];
        if (c == '%') {
            c = escape_value(raw + i, length - i);
            if (c <= 0 || c == '/' || c == '\\') {
                return -EINVAL;
            }
            i += 2;
        }
        if (c == '\0') {
            return -EINVAL;
        }
        out[to++] = (char)c;
    }
    return (long)to;
}

/* Drops the last segment of out[0..length), which begins with '/' and ends behind one. 0: there is none. */
static size_t segment_drop(const char *out, size_t length) {
    if (length <= 1) {
        return 0;
    }
    length--;
    while (out[length - 1] != '/') {
        length--;
    }
    return length;
}

int http_path_decode(const char *raw, size_t length, char *out, size_t *out_length) {
    long decoded = length > 0 && raw[0] == '/' ? path_unescape(raw, length, out) : -EINVAL;
    if (decoded < 0) {
        return -EINVAL;
    }
    size_t end = (size_t)decoded;
    size_t to = 1; /* out[0..to) is canonical and ends with '/' at every segment's start */
    for (size_t at = 1; at < end;) {
        const char *slash = memchr(out + at, '/', end - at);
        size_t size = slash ? (size_t)(slash - (out + at)) : end - at;
        bool dot = size == 1 && out[at] == '.';
        bool dots = size == 2 && out[at] == '.' && out[at + 1] == '.';
        if (dots) {
            to = segment_drop(out, to);
            if (to == 0) {
                return -EINVAL;
            }
        } else if (size > 0 && !dot) {
            memmove(out + to, out + at, size);
            to += size;
            if (slash) {
                out[to++] = '/';
            }
        }
        at += size + 1;
    }
    out[to] = '\0';
    if (out_length) {
        *out_length = to;
    }
    return 0;
}

size_t http_uri_clean(const char *text, size_t length, const char *keep, char *out, size_t size) {
    static const char digits[] = "0123456789ABCDEF";
    size_t to = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = http_byte_is(text[i], HTTP_BYTE_TARGET) || (c && strchr(keep, c));
        if (to + (plain ? 1 : 3) >= size) {
            break;
        }
        if (plain) {
            out[to++] = text[i];
        } else {
            out[to++] = '%';
            out[to++] = digits[c >> 4];
            out[to++] = digits[c & 15];
        }
    }
    out[to] = '\0';
    return to;
}

/* Decodes one name or value; -EINVAL: broken, or a NUL. */
static long form_decode(const char *text, size_t length, char *out) {
    size_t to = 0;
    for (size_t i = 0; i < length; i++) {
        int c = text[i] == '+' ? ' ' : (unsigned char)text[i];
        if (c == '%') {
            c = escape_value(text + i, length - i);
            i += 2;
        }
        if (c <= 0) {
            return -EINVAL;
        }
        out[to++] = (char)c;
    }
    out[to] = '\0';
    return (long)to;
}

/* One parameter, between two '&'. */
struct parameter {
    const char *name;
    size_t name_length;
    const char *value;
    size_t value_length;
};

static struct parameter parameter_take(const char *text, const char *stop) {
    const char *equals = memchr(text, '=', (size_t)(stop - text));
    const char *name_end = equals ? equals : stop;
    const char *value = equals ? equals + 1 : stop;
    return (struct parameter){text, (size_t)(name_end - text), value, (size_t)(stop - value)};
}

static const char *parameter_end(const char *text, const char *end) {
    const char *amp = memchr(text, '&', (size_t)(end - text));
    return amp ? amp : end;
}

long http_form_find(const char *text, size_t length, const char *name, char *out) {
    const char *end = text + length;
    while (text < end) {
        const char *stop = parameter_end(text, end);
        const struct parameter p = parameter_take(text, stop);
        if (form_decode(p.name, p.name_length, out) >= 0 && strcmp(out, name) == 0 && stop > text) {
            return form_decode(p.value, p.value_length, out);
        }
        text = stop + 1;
    }
    return -ENOENT;
}

/*
 * Decoded, a parameter is its mark, its name and a NUL, and, if that can be decoded, its value and a NUL. One whose
 * name cannot is left out. So it is at most three bytes longer than it was; the shortest that there is has one byte and
 * an
 * '&' behind it.
 */
enum { MARK_VALUE = '=', MARK_BROKEN = '!' };

size_t http_form_room(size_t length) {
    return 2 * length + 4;
}

size_t http_form_decode(const char *text, size_t length, char *out) {
    const char *end = text + length;
    size_t to = 0;
    while (text < end) {
        const char *stop = parameter_end(text, end);
        const struct parameter p = parameter_take(text, stop);
        long name = stop > text ? form_decode(p.name, p.name_length, out + to + 1) : -ENOENT;
        if (name >= 0) {
            size_t mark = to;
            to += (size_t)name + 2;
            long value = form_decode(p.value, p.value_length, out + to);
            out[mark] = value >= 0 ? MARK_VALUE : MARK_BROKEN;
            to += value >= 0 ? (size_t)value + 1 : 0;
        }
        text = stop + 1;
    }
    return to;
}

const char *http_form_value(const char *decoded, size_t length, const char *name) {
    const char *end = decoded + length;
    while (decoded < end) {
        bool broken = decoded[0] == MARK_BROKEN;
        const char *found = decoded + 1;
        const char *value = found + strlen(found) + 1;
        if (strcmp(found, name) == 0) {
            return broken ? NULL : value;
        }
        decoded = broken ? value : value + strlen(value) + 1;
    }
    return NULL;
}
