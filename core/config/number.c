/* Numbers with units. */
#include "config/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static int number_parse(const char *text, const struct unit *units, uint64_t *value) {
    char *end;
    if (!isdigit((unsigned char)text[0])) {
        return -EINVAL;
    }
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno == ERANGE) {
        return -ERANGE;
    }
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(end, u->name) == 0) {
            if (number > UINT64_MAX / u->factor) {
                return -ERANGE;
            }
            *value = number * u->factor;
            return 0;
        }
    }
    return -EINVAL;
}

int count_parse(const char *text, uint64_t *count) {
    static const struct unit units[] = {{"", 1}, {0}};
    return number_parse(text, units, count);
}

int size_parse(const char *text, uint64_t *bytes) {
    static const struct unit units[] = {{"", 1}, {"K", KIB}, {"M", MIB}, {"G", GIB}, {0}};
    return number_parse(text, units, bytes);
}

int duration_parse(const char *text, uint32_t *ms) {
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},   {"", 1000}, {"m", 60000},
                                        {"h", 3600000}, {"d", DAY_MS}, {0}};
    uint64_t value;
    int error = number_parse(text, units, &value);
    if (!error && value > UINT32_MAX) {
        error = -ERANGE;
    }
    if (!error) {
        *ms = (uint32_t)value;
    }
    return error;
}
