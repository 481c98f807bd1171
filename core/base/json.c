/* JSON texts. */
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static const char *const json_escapes[256] = {
    ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
};

const char *json_escape(const char *text, size_t left, char room[JSON_ESCAPE_SIZE], size_t *size) {
    unsigned char c = (unsigned char)*text;
    *size = utf8_character(text, left);
    if (*size == 0) {
        *size = 1;
        return REPLACEMENT;
    }
    if (json_escapes[c] || utf8_control(text, left) == 0) {
        return json_escapes[c];
    }
    unsigned last = (unsigned char)text[*size - 1]; /* of two bytes U+0080 to U+009F, of three U+2028 or U+2029 */
    snprintf(room, JSON_ESCAPE_SIZE, "\\u%04x", *size == 1 ? c : *size == 2 ? last : 0x2000 + (last & 0x3f));
    return room;
}

int json_bytes(struct buffer *out, const char *text, size_t length) {
    char room[JSON_ESCAPE_SIZE];
    const char *end = text + length;
    const char *plain = text;
    int error = buffer_append(out, "\"", 1);
    while (text < end && !error) {
        size_t size;
        const char *escape = json_escape(text, (size_t)(end - text), room, &size);
        if (escape) {
            error = buffer_append(out, plain, (size_t)(text - plain));
            error = error ? error : buffer_string(out, escape);
            plain = text + size;
        }
        text += size;
    }
    error = error ? error : buffer_append(out, plain, (size_t)(end - plain));
    return error ? error : buffer_append(out, "\"", 1);
}

int json_string(struct buffer *out, const char *text) {
    return text ? json_bytes(out, text, strlen(text)) : buffer_string(out, "null");
}
