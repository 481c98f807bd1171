/* Needs, read. */
#include "base/needs.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *prefix;
    enum need_kind kind;
    bool whole; /* nothing follows */
} forms[] = {
    {"read:", NEED_READ, false},
    {"write:", NEED_WRITE, false},
    {"exec:", NEED_EXEC, false},
    {"connect:tcp:", NEED_CONNECT_TCP, false},
    {"listen:tcp:", NEED_LISTEN_TCP, false},
    {"connect:unix:", NEED_CONNECT_UNIX, false},
    {"connect:unix", NEED_CONNECT_UNIX, true},
    {"listen", NEED_LISTEN_TCP, true},
};
enum { FORMS = sizeof(forms) / sizeof(forms[0]), CONTROLS = ' ', DELETE = 0x7f };

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

/* An absolute path, or an option's name. */
static int path_read(const char *text, size_t length, struct need *need) {
    need->path = text;
    need->length = length;
    return length > 0 && (text[0] == '/' || (text[0] == '@' && length > 1)) ? 1 : -EINVAL;
}

static int rest_read(const char *rest, size_t length, struct need *need) {
    return need->kind == NEED_CONNECT_TCP || need->kind == NEED_LISTEN_TCP ? port_read(rest, length, &need->port)
                                                                           : path_read(rest, length, need);
}

/* It is printed in logs and on pages. */
static bool printable(const char *word, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)word[i] < CONTROLS || word[i] == DELETE) {
            return false;
        }
    }
    return true;
}

static int word_read(const char *word, size_t length, struct need *need) {
    for (size_t i = 0; i < FORMS && printable(word, length); i++) {
        size_t prefix = strlen(forms[i].prefix);
        bool fits = forms[i].whole ? length == prefix : length > prefix;
        if (fits && memcmp(word, forms[i].prefix, prefix) == 0) {
            *need = (struct need){.kind = forms[i].kind};
            return forms[i].whole ? 1 : rest_read(word + prefix, length - prefix, need);
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

bool need_of_option(const struct need *need) {
    return need->path && need->path[0] == '@';
}

static int text_check(const char *text, bool options) {
    struct need need;
    int found = needs_all(text) ? 0 : 1;
    while (found > 0) {
        found = needs_next(&text, &need);
        found = found > 0 && need_of_option(&need) && !options ? -EINVAL : found;
    }
    return found;
}

int needs_check(const char *text) {
    return text_check(text, false);
}

int needs_check_said(const char *text) {
    return strlen(text) > NEEDS_MAX ? -EINVAL : text_check(text, true);
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

bool needs_have_any(const char *text, enum need_kind kind) {
    struct need need;
    while (needs_next(&text, &need) > 0) {
        if (need.kind == kind && need.port == 0 && !need.path) {
            return true;
        }
    }
    return false;
}
