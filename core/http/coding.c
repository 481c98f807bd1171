/* The choice among content codings. */
#include "http/coding.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const names[HTTP_CODINGS] = {
    [HTTP_IDENTITY] = "identity", [HTTP_GZIP] = "gzip", [HTTP_BR] = "br", [HTTP_ZSTD] = "zstd"};

/* Weights in thousandths. */
enum { UNSAID = -1, REFUSED = 0, BEST = 1000 };

const char *http_coding_name(enum http_coding coding) {
    return names[coding];
}

/* "0.5" is 500; REFUSED for what is no weight. */
static int weight_parse(const char *text, size_t length) {
    int value = 0, unit = BEST;
    if (length == 0 || length > 5 || (length > 1 && text[1] != '.')) {
        return REFUSED;
    }
    for (size_t i = 0; i < length; i += i == 0 ? 2 : 1) {
        if (text[i] < '0' || text[i] > '9') {
            return REFUSED;
        }
        value += (text[i] - '0') * unit;
        unit /= 10;
    }
    return value <= BEST ? value : REFUSED;
}

/* Of a member without its coding, " ; q=0.5"; BEST if it says none. */
static int weight_find(const char *at, const char *end) {
    while ((at = memchr(at, ';', (size_t)(end - at)))) {
        at++;
        at += strspn(at, " \t");
        if (strncasecmp(at, "q=", 2) == 0) {
            return weight_parse(at + 2, strcspn(at + 2, " \t,;"));
        }
    }
    return BEST;
}

static bool is(const char *at, size_t length, const char *name) {
    return strlen(name) == length && strncasecmp(at, name, length) == 0;
}

static int coding_find(const char *at, size_t length) {
    for (int i = 0; i < HTTP_CODINGS; i++) {
        if (is(at, length, names[i])) {
            return i;
        }
    }
    return is(at, length, "x-gzip") ? HTTP_GZIP : HTTP_CODINGS;
}

enum http_coding http_coding_choose(const char *accept) {
    int weights[HTTP_CODINGS] = {UNSAID, UNSAID, UNSAID, UNSAID};
    int others = REFUSED;
    for (const char *at = accept ? accept : ""; at += strspn(at, ", \t"), *at;) {
        const char *end = at + strcspn(at, ",");
        size_t length = strcspn(at, ";, \t");
        int coding = coding_find(at, length);
        if (coding < HTTP_CODINGS) {
            weights[coding] = weight_find(at + length, end);
        } else if (is(at, length, "*")) {
            others = weight_find(at + length, end);
        }
        at = end;
    }
    int best = HTTP_IDENTITY, weight = weights[best] == UNSAID ? REFUSED + 1 : weights[best];
    for (int i = HTTP_IDENTITY + 1; i < HTTP_CODINGS; i++) {
        int own = weights[i] == UNSAID ? others : weights[i];
        if (own > REFUSED && own >= weight) {
            best = i;
            weight = own;
        }
    }
    return (enum http_coding)best;
}
