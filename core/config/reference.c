/* The reference of the configuration. */
#include "config/reference.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80, NAME_INDENT = 2, TEXT_INDENT = 6 };

enum entry_kind { ENTRY_GROUP, ENTRY_SECTION, ENTRY_OPTION, ENTRY_SHARED, ENTRY_LIST, ENTRY_FREE, ENTRY_INHERITS };

struct entry {
    enum entry_kind kind;
    const char *name;     /* or the heading */
    const char *fallback; /* the default; or "(WORDS)", which say what it is; NULL: there is none */
    const char *help;
    const char *more;
};

#define COMPUTED(sample, words) "(" words ")"
#define SAMPLE(sample) NULL

static const struct entry entries[] = {
#define GROUP(heading, text) {.kind = ENTRY_GROUP, .name = (heading), .help = (text), .more = ""},
#define SECTION(section, sample, text) {.kind = ENTRY_SECTION, .name = (section), .help = (text), .more = ""},
#define OPTION(n, kind_, member, d, least, most, h, m)                                                                 \
    {.kind = ENTRY_OPTION, .name = #n, .help = (h), .more = (m), .fallback = (d)},
#define SHARED(n, kind_, member, d, least, most, h, m)                                                                 \
    {.kind = ENTRY_SHARED, .name = #n, .help = (h), .more = (m), .fallback = (d)},
#define LIST(n, kind_, length, d, h, m) {.kind = ENTRY_LIST, .name = #n, .help = (h), .more = (m), .fallback = (d)},
#define PLUGIN_OPTION OPTION
#define POOL_LIST LIST
#define FREE(n, sample, h, m) {.kind = ENTRY_FREE, .name = #n, .help = (h), .more = (m)},
#define INHERITS(sample, text) {.kind = ENTRY_INHERITS, .help = (text), .more = ""},
#include "config/options.def"
};

static const size_t entry_count = sizeof(entries) / sizeof(entries[0]);

/* The words of a text from a column on; a line that is full is followed by one that is indented. Returns the column. */
static int words_print(const char *text, int column, int indent) {
    while (*(text += strspn(text, " "))) {
        int length = (int)strcspn(text, " ");
        if (column + 1 + length > COLUMNS) {
            printf("\n");
            column = 0;
        }
        int gap = column == 0 ? indent : column > indent;
        printf("%*s%.*s", gap, "", length, text);
        column += gap + length;
        text += length;
    }
    return column;
}

static void text_print(const struct entry *e, int indent) {
    int column = words_print(e->help, 0, indent);
    if (e->more[0]) {
        printf(".");
        words_print(e->more, column + 1, indent);
    }
    printf("\n");
}

/* As the file would have it: what holds another byte than these is quoted. */
static void value_print(const struct entry *e) {
    static const char bare[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *quote = e->fallback[0] && strspn(e->fallback, bare) == strlen(e->fallback) ? "" : "\"";
    bool list = e->kind == ENTRY_LIST;
    printf(" = %s%s%s%s%s", list ? "{ " : "", quote, e->fallback, quote, list ? " }" : "");
}

static void option_print(const struct entry *e) {
    printf("%*s%s", NAME_INDENT, "", e->name);
    if (e->fallback && e->fallback[0] == '(') {
        printf(" %s", e->fallback);
    } else if (e->fallback) {
        value_print(e);
    }
    printf("\n");
    text_print(e, TEXT_INDENT);
}

static void shared_print(const struct entry *e) {
    text_print(e, NAME_INDENT);
    int column = 0;
    for (size_t i = 0; i < entry_count; i++) {
        if (entries[i].kind == ENTRY_SHARED) {
            column = words_print(entries[i].name, column, TEXT_INDENT);
        }
    }
    printf("\n");
}

void reference_print(void) {
    printf("Options of the configuration, each with its default. socgi --set NAME=VALUE\n"
           "sets one; socgi.conf(5) says how a file is written.\n");
    for (const struct entry *e = entries; e < entries + entry_count; e++) {
        switch (e->kind) {
        case ENTRY_GROUP:
        case ENTRY_SECTION:
            printf("\n%s%s\n", e->name, e->kind == ENTRY_SECTION ? " \"NAME\" { ... }" : "");
            if (e->help[0]) {
                text_print(e, NAME_INDENT);
            }
            break;
        case ENTRY_OPTION:
        case ENTRY_SHARED:
        case ENTRY_LIST:
        case ENTRY_FREE:
            option_print(e);
            break;
        case ENTRY_INHERITS:
            shared_print(e);
            break;
        }
    }
}
