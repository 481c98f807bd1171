/* The choice among encodings of one file. */
#include "encoding.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    const char *alias;
    const char *suffix;
} encodings[ENCODINGS] = {
    [ENCODING_BR] = {"br", "br", ".br"},
    [ENCODING_GZIP] = {"gzip", "x-gzip", ".gz"},
    [ENCODING_IDENTITY] = {"identity", "identity", NULL},
};

/* Weights in thousandths. A weight of 1 is less than any that a field can give but 0: what is sent if nothing better.
 */
enum { UNSAID = -1, REFUSED = 0, LAST_RESORT = 1, SCALE = 1000 };

/* Reads "0.5" as 500; 0, a refusal, for what is no weight. */
static int weight_parse(const char *text, size_t length) {
    int value = 0;
    int unit = SCALE;
    for (size_t i = 0; i < length && i < 5; i++) {
        if (i == 1) {
            if (text[i] != '.') {
                return REFUSED;
            }
            continue;
        }
        if (text[i] < '0' || text[i] > '9') {
            return REFUSED;
        }
        value += (text[i] - '0') * unit;
        unit /= 10;
    }
    return length <= 5 && value <= SCALE ? value : REFUSED;
}

/* The weight of a member without its coding, "; q=0.5"; 1 if it says none. */
static int weight_find(const char *at, const char *end) {
    static const char space[] = " \t";
    while (at < end && *at == ';') {
        at++;
        at += strspn(at, space);
        if (strncasecmp(at, "q=", 2) == 0) {
            at += 2;
            return weight_parse(at, strcspn(at, " \t,;"));
        }
        at += strcspn(at, ";,");
    }
    return SCALE;
}

static bool named(const char *at, size_t length, const char *name) {
    return strlen(name) == length && strncasecmp(at, name, length) == 0;
}

/* What the field says of each coding; "*" stands for those that it does not name. */
static void weights_read(const char *accept, int weights[ENCODINGS]) {
    int others = UNSAID;
    for (const char *at = accept; at += strspn(at, ", \t"), *at;) {
        const char *end = at + strcspn(at, ",");
        size_t length = strcspn(at, ";, \t");
        const char *parameters = at + length + strspn(at + length, " \t");
        int weight = weight_find(parameters, end);
        if (named(at, length, "*")) {
            others = weight;
        }
        for (int i = 0; i < ENCODINGS; i++) {
            if (named(at, length, encodings[i].name) || named(at, length, encodings[i].alias)) {
                weights[i] = weight;
            }
        }
        at = end;
    }
    for (int i = 0; i < ENCODINGS; i++) {
        if (weights[i] == UNSAID) {
            weights[i] = others;
        }
    }
}

enum encoding encoding_choose(const char *accept, const bool available[ENCODINGS]) {
    int weights[ENCODINGS] = {UNSAID, UNSAID, UNSAID};
    weights_read(accept ? accept : "", weights);
    enum encoding best = ENCODING_IDENTITY;
    int best_weight = weights[best] == UNSAID ? LAST_RESORT : weights[best];
    for (int i = ENCODING_IDENTITY - 1; i >= 0; i--) {
        if (available[i] && weights[i] > REFUSED && weights[i] >= best_weight) {
            best = (enum encoding)i;
            best_weight = weights[i];
        }
    }
    return best;
}

const char *encoding_name(enum encoding encoding) {
    return encodings[encoding].name;
}

const char *encoding_suffix(enum encoding encoding) {
    return encodings[encoding].suffix;
}
