/* The Accept field of who asks for metrics. */
#include "inside/accept.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "http/parse.h"

enum { WEIGHT_BEST = 1000, WEIGHT_UNSAID = -1 };

/* What is liked how much, of what the field has named. */
struct wish {
    int open[3]; /* of each form but the text */
    int text, any_text, any;
};

struct piece {
    const char *at;
    size_t length;
};

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* The next piece up to `separator`, without white space around it; it and the separator are taken from `rest`. A
 * quoted string may hold one. False: there is none. */
static bool piece_next(struct piece *rest, char separator, struct piece *piece) {
    size_t n = 0;
    for (bool quoted = false; n < rest->length && (quoted || rest->at[n] != separator); n++) {
        quoted = quoted != (rest->at[n] == '"');
    }
    bool found = rest->length > 0;
    *piece = (struct piece){rest->at, n};
    n += n < rest->length;
    *rest = (struct piece){rest->at + n, rest->length - n};
    while (piece->length > 0 && is_space(piece->at[0])) {
        piece->at++;
        piece->length--;
    }
    while (piece->length > 0 && is_space(piece->at[piece->length - 1])) {
        piece->length--;
    }
    return found;
}

static bool same(struct piece piece, const char *text) {
    return piece.length == strlen(text) && strncasecmp(piece.at, text, piece.length) == 0;
}

/* "0.5" in thousandths; what is none is the best, for it was named. */
static int weight_of(struct piece text) {
    int weight = 0;
    int unit = WEIGHT_BEST;
    for (size_t i = 0; i < text.length && unit > 0; i++) {
        if (i == 1 && text.at[i] == '.') {
            continue;
        }
        if (text.at[i] < '0' || text.at[i] > (i == 0 ? '1' : '9')) {
            return WEIGHT_BEST;
        }
        weight += (text.at[i] - '0') * unit;
        unit /= 10;
    }
    return weight < WEIGHT_BEST ? weight : WEIGHT_BEST;
}

static void most(int *weight, int other) {
    *weight = other > *weight ? other : *weight;
}

static void range_take(struct wish *wish, struct piece range) {
    struct piece name, parameter, version = {"", 0};
    int weight = WEIGHT_BEST;
    (void)piece_next(&range, ';', &name);
    while (piece_next(&range, ';', &parameter)) {
        if (parameter.length > 2 && strncasecmp(parameter.at, "q=", 2) == 0) {
            weight = weight_of((struct piece){parameter.at + 2, parameter.length - 2});
        } else if (parameter.length > 8 && strncasecmp(parameter.at, "version=", 8) == 0) {
            bool quoted = parameter.at[8] == '"' && parameter.length > 9;
            version = (struct piece){parameter.at + 8 + quoted, parameter.length - 8 - 2 * (size_t)quoted};
        }
    }
    if (same(name, "application/openmetrics-text")) {
        if (version.length == 0 || same(version, "1.0.0")) {
            most(&wish->open[METRICS_OPEN_1], weight);
        } else if (same(version, "0.0.1")) {
            most(&wish->open[METRICS_OPEN_0], weight);
        }
    } else if (same(name, "text/plain") && (version.length == 0 || same(version, "0.0.4"))) {
        most(&wish->text, weight);
    } else if (same(name, "text/*")) {
        most(&wish->any_text, weight);
    } else if (same(name, "*/*")) {
        most(&wish->any, weight);
    }
}

enum metrics_form metrics_form_asked(const struct http_request *r, const char *head) {
    struct wish wish = {{WEIGHT_UNSAID, WEIGHT_UNSAID, WEIGHT_UNSAID}, WEIGHT_UNSAID, WEIGHT_UNSAID, WEIGHT_UNSAID};
    for (uint32_t i = 0; i < r->field_count; i++) {
        struct http_span value = r->fields[i].value;
        struct piece list = {head + value.at, value.length};
        struct piece range;
        if (!same((struct piece){head + r->fields[i].name.at, r->fields[i].name.length}, "Accept")) {
            continue;
        }
        while (piece_next(&list, ',', &range)) {
            range_take(&wish, range);
        }
    }
    int text = wish.text >= 0 ? wish.text : wish.any_text >= 0 ? wish.any_text : wish.any;
    bool newer = wish.open[METRICS_OPEN_1] >= wish.open[METRICS_OPEN_0];
    enum metrics_form open = newer ? METRICS_OPEN_1 : METRICS_OPEN_0;
    return wish.open[open] > 0 && wish.open[open] >= text ? open : METRICS_TEXT;
}

const char *metrics_form_type(enum metrics_form form) {
    static const char *const types[] = {
        [METRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
        [METRICS_OPEN_0] = "application/openmetrics-text; version=0.0.1; charset=utf-8",
        [METRICS_OPEN_1] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };
    return types[form];
}
