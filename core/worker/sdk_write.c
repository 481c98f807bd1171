/* The SDK: text of the response's body, as it is, formatted, or made safe for HTML and JSON. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "worker/response.h"

int socgi_write(struct socgi_response *res, const void *data, size_t length) {
    return response_write(res, data, length);
}

int socgi_printf(struct socgi_response *res, const char *format, ...) {
    char small[1024];
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int error;
    int length = vsnprintf(small, sizeof(small), format, args);
    if (length >= 0 && (size_t)length < sizeof(small)) {
        error = response_write(res, small, (size_t)length);
    } else {
        char *large = NULL;
        length = vasprintf(&large, format, again);
        if (length < 0) {
            error = res->error = -ENOMEM;
        } else {
            error = response_write(res, large, (size_t)length);
            free(large);
        }
    }
    va_end(again);
    va_end(args);
    return error;
}

/* ---- Made safe: runs of plain bytes are written at once ---- */

static const char *const html_references[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
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

int socgi_write_json(struct socgi_response *res, const char *text) {
    char room[JSON_ESCAPE_SIZE];
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
