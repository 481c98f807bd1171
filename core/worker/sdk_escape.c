/* The SDK: text made safe for HTML and JSON. Runs of plain bytes are written at once. */
#include <string.h>

#include "base/json.h"
#include "worker/response.h"

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
