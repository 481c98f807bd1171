/* Paths and forms: what is decoded is canonical, and decoding it again changes nothing. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/uri.h"

/* Percent-encoded, every byte but the slashes. */
static void path_encode(const char *text, char *out) {
    for (; *text; text++) {
        out += *text == '/' ? sprintf(out, "/") : sprintf(out, "%%%02X", (unsigned char)*text);
    }
    *out = '\0';
}

static void path_check(const char *raw, size_t length) {
    char *out = malloc(length + 1);
    char *encoded = malloc(3 * length + 1);
    char *again = malloc(3 * length + 1);
    size_t size;
    if (out && encoded && again && http_path_decode(raw, length, out, &size) == 0) {
        fuzz_assert(size == strlen(out) && out[0] == '/' && size <= length);
        fuzz_assert(!strstr(out, "//") && !strstr(out, "/../") && !strstr(out, "/./"));
        fuzz_assert(size < 3 || strcmp(out + size - 3, "/..") != 0);
        if (!strchr(out, '\\')) { /* it may stand there raw, but not encoded */
            path_encode(out, encoded);
            fuzz_assert(http_path_decode(encoded, strlen(encoded), again, NULL) == 0);
            fuzz_assert(strcmp(out, again) == 0);
        }
    }
    if (out && encoded && again) {
        size = http_uri_clean(raw, length, "", encoded, 3 * length + 1); /* it leads to where it led */
        fuzz_assert(size == strlen(encoded) && size >= length);
        bool plain = length > 0 && memchr(raw, '\\', length) == NULL && memchr(raw, '\0', length) == NULL;
        if (plain && http_path_decode(raw, length, out, NULL) == 0) {
            fuzz_assert(http_path_decode(encoded, size, again, NULL) == 0);
            fuzz_assert(strcmp(out, again) == 0);
        }
    }
    free(out);
    free(encoded);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    path_check((const char *)bytes, length);
    char *out = malloc(length + 1);
    if (out) {
        long found = http_form_find((const char *)bytes, length, "a", out);
        fuzz_assert(found < 0 || ((size_t)found == strlen(out) && (size_t)found < length));
    }
    free(out);
    return 0;
}
