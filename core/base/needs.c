/* Needs, read. */
#include "base/needs.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *prefix;
    enum need_kind kind;
} forms[] = {
    {"read:/", NEED_READ},
    {"write:/", NEED_WRITE},
    {"exec:/", NEED_EXEC},
    {"connect:tcp:", NEED_CONNECT_TCP},
    {"listen:tcp:", NEED_LISTEN_TCP},
    {"connect:unix", NEED_CONNECT_UNIX},
};
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static const char blanks[] = " \t\r\n";

bool needs_all(const char *text) {
    return strcmp(text, NEEDS_ALL) == 0;
}

/* 1 to 65535, in digits alone. */
static int port_read(const char *text, size_t length, uint16_t *port) {
    uint32_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || i == 5) {
            return -EINVAL;
        }
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX ? 1 : -EINVAL;
}

static int word_read(const char *word, size_t length, struct need *need) {
    for (size_t i = 0; i < FORMS; i++) {
        size_t prefix = strlen(forms[i].prefix);
        if (length < prefix || memcmp(word, forms[i].prefix, prefix) != 0) {
            continue;
        }
        *need = (struct need){.kind = forms[i].kind};
        switch (need->kind) {
        case NEED_CONNECT_TCP:
        case NEED_LISTEN_TCP:
            return port_read(word + prefix, length - prefix, &need->port);
        case NEED_CONNECT_UNIX:
            return length == prefix ? 1 : -EINVAL;
        default:
            need->path = word + prefix - 1;
            need->length = length - prefix + 1;
            return 1;
        }
    }
    return -EINVAL;
}

int needs_next(const char **at, struct need *need) {
    const char *word = *at + strspn(*at, blanks);
    size_t length = strcspn(word, blanks);
    *at = word + length;
    return length > 0 ? word_read(word, length, need) : 0;
}

int needs_check(const char *text) {
    struct need need;
    int found = needs_all(text) ? 0 : 1;
    while (found > 0) {
        found = needs_next(&text, &need);
    }
    return found;
}

bool needs_have(const char *text, enum need_kind kind) {
    struct need need;
    while (needs_next(&text, &need) > 0) {
        if (need.kind == kind) {
            return true;
        }
    }
    return false;
}
