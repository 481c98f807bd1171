/* The SDK: text made safe for HTML and JSON. Runs of plain bytes are written at once. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "worker/response.h"
#include "worker/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

enum { ESCAPE_SIZE = 8 };

static const char *const html_references[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
};

static const char *const json_escapes[256] = {
    ['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
};

int socgi_write_html(struct socgi_response *res, const char *text) {
    int error = 0;
    while (*text && !error) {
        size_t plain = strcspn(text, "&<>\"'");
        error = response_write(res, text, plain);
        text += plain;
        if (*text && !error) {
            const char *reference = html_references[(unsigned char)*text++];
            error = response_write(res, reference, strlen(reference));
        }
    }
    return error;
}

/* What stands for the character at text in a JSON string, or NULL if it stands for itself; *size is its bytes. */
static const char *json_escape(const char *text, size_t left, char room[ESCAPE_SIZE], size_t *size) {
    unsigned char c = (unsigned char)*text;
    *size = utf8_character(text, left);
    if (*size == 0) {
        *size = 1;
        return REPLACEMENT;
    }
    if (json_escapes[c] || c >= 0x20) {
        return json_escapes[c];
    }
    snprintf(room, ESCAPE_SIZE, "\\u%04x", c);
    return room;
}

int socgi_write_json(struct socgi_response *res, const char *text) {
    char room[ESCAPE_SIZE];
    const char *end = text + strlen(text);
    int error = response_write(res, "\"", 1);
    const char *plain = text;
    while (text < end && !error) {
        size_t size;
        const char *escape = json_escape(text, (size_t)(end - text), room, &size);
        if (escape) {
            error = response_write(res, plain, (size_t)(text - plain));
            error = error ? error : response_write(res, escape, strlen(escape));
            plain = text + size;
        }
        text += size;
    }
    error = error ? error : response_write(res, plain, (size_t)(end - plain));
    return error ? error : response_write(res, "\"", 1);
}
