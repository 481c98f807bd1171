/* File names as other things have to spell them. A name is any bytes but '/' and NUL; often, but not surely, UTF-8. */
#include "name.h"

#include <stdbool.h>
#include <string.h>

#include "utf8.h"

static bool letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* `text` with every byte percent-encoded that is not a letter, a digit or one of `others`. */
static const char *encode(const struct socgi_request *req, const char *text, const char *others) {
    static const char digits[] = "0123456789ABCDEF";
    char *out = socgi_alloc(req, 3 * strlen(text) + 1);
    if (!out) {
        return NULL;
    }
    char *at = out;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (letter_or_digit(*text) || strchr(others, *text)) {
            *at++ = *text;
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    return out; /* its memory was zeroed */
}

const char *name_encode_path(const struct socgi_request *req, const char *path) {
    return encode(req, path, "/-._~");
}

/* What a quoted string can hold and every client reads alike: '%' is left out because some decode it. */
static bool plain(char c) {
    return c >= ' ' && c < 0x7f && !strchr("\"\\%", c);
}

/* The name for clients that know nothing else, '_' for each character that they might misread. *exact: none was. */
static const char *ascii_name(const struct socgi_request *req, const char *name, bool *exact, bool *utf8) {
    char *out = socgi_alloc(req, strlen(name) + 1);
    *exact = *utf8 = true;
    if (!out) {
        return NULL;
    }
    for (char *at = out; *name; at++) {
        size_t length = utf8_length(name);
        *utf8 &= length > 0;
        *exact &= plain(*name);
        *at = '_';
        if (plain(*name)) {
            *at = *name;
        }
        name += length > 0 ? length : 1;
    }
    return out;
}

const char *name_disposition(const struct socgi_request *req, const char *name) {
    bool exact;
    bool utf8;
    const char *ascii = ascii_name(req, name, &exact, &utf8);
    if (!ascii || exact || !utf8) {
        return ascii ? socgi_format(req, "attachment; filename=\"%s\"", ascii) : NULL;
    }
    const char *extended = encode(req, name, "!#$&+-.^_`|~");
    return extended ? socgi_format(req, "attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii, extended) : NULL;
}

const char *name_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
