/*
 * Unknown options, found by walking over the text as libConfuse does: NAME = VALUE, NAME = { VALUE, ... }, and sections
 * of the two kinds that there are. The tables alone say what is known.
 */
#include "config/stranger.h"

#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "config/setting.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_MARK };

struct token {
    enum token_kind kind;
    char mark;
    bool literal; /* a word that stands there as it is: nothing in it is escaped, or the environment's */
    const char *start;
    size_t length;
};

static const struct token nothing = {.kind = TOKEN_END};

static void spaces_skip(struct strangers *s) {
    while (s->at < s->length && strchr(" \t\r\n", s->text[s->at])) {
        s->line += s->text[s->at++] == '\n';
    }
}

static bool environment_begins(const struct strangers *s) {
    return s->text[s->at] == '$' && s->at + 1 < s->length && s->text[s->at + 1] == '{';
}

/* A quoted text without its quotes; not closed: the end. */
static struct token quoted_take(struct strangers *s) {
    char quote = s->text[s->at++];
    struct token t = {.kind = TOKEN_WORD, .literal = true, .start = s->text + s->at};
    while (s->at < s->length && s->text[s->at] != quote) {
        t.literal = t.literal && s->text[s->at] != '\\' && !environment_begins(s);
        s->line += s->text[s->at] == '\n';
        if (s->text[s->at] == '\\' && s->at + 1 < s->length) {
            s->line += s->text[++s->at] == '\n';
        }
        s->at++;
    }
    t.length = (size_t)(s->text + s->at - t.start);
    return s->at++ < s->length ? t : nothing;
}

static struct token word_take(struct strangers *s) {
    struct token t = {.kind = TOKEN_WORD, .literal = true, .start = s->text + s->at};
    while (s->at < s->length && !strchr(" \t\r\n={}()+,\"'", s->text[s->at])) {
        s->at++;
    }
    t.length = (size_t)(s->text + s->at - t.start);
    return t;
}

static struct token token_take(struct strangers *s) {
    spaces_skip(s);
    if (s->at >= s->length) {
        return nothing;
    }
    char c = s->text[s->at];
    if (c == '"' || c == '\'') {
        return quoted_take(s);
    }
    if (environment_begins(s)) {
        const char *end = memchr(s->text + s->at, '}', s->length - s->at);
        s->at = end ? (size_t)(end - s->text) + 1 : s->length;
        return end ? (struct token){.kind = TOKEN_WORD} : nothing;
    }
    if (strchr("={}()+,", c)) {
        s->at += c == '+' && s->at + 1 < s->length && s->text[s->at + 1] == '=' ? 2 : 1;
        return (struct token){.kind = TOKEN_MARK, .mark = c};
    }
    return word_take(s);
}

static bool mark_take(struct strangers *s, char mark) {
    struct token t = token_take(s);
    return t.kind == TOKEN_MARK && t.mark == mark;
}

/* Behind the value or the list that belongs to a name. */
static bool value_skip(struct strangers *s) {
    struct token t = token_take(s);
    if (t.kind != TOKEN_MARK || (t.mark != '=' && t.mark != '+')) {
        return false;
    }
    t = token_take(s);
    if (t.kind != TOKEN_MARK || t.mark != '{') {
        return t.kind == TOKEN_WORD;
    }
    do {
        t = token_take(s);
    } while (t.kind == TOKEN_WORD || (t.kind == TOKEN_MARK && t.mark == ','));
    return t.kind == TOKEN_MARK && t.mark == '}';
}

static bool section_enter(struct strangers *s, bool titled, const struct setting *table) {
    if ((titled && token_take(s).kind != TOKEN_WORD) || !mark_take(s, '{') || s->depth + 1 >= STRANGER_DEPTH_MAX) {
        return false;
    }
    s->tables[++s->depth] = table;
    return true;
}

/* What follows the name; false: no grammar. */
static bool rest_skip(struct strangers *s, const char *name) {
    const struct setting *table = s->tables[s->depth];
    if (table == settings && (strcmp(name, "plugin") == 0 || strcmp(name, "pool") == 0)) {
        return section_enter(s, true, strcmp(name, "pool") == 0 ? pool_settings : plugin_settings);
    }
    if (table == plugin_settings && strcmp(name, "options") == 0) {
        return section_enter(s, false, NULL);
    }
    return value_skip(s);
}

static bool section_leave(struct strangers *s) {
    return s->depth > 0 && s->depth-- > 0;
}

bool option_known(const struct setting *table, const char *name) {
    return !table || setting_find(table, name) ||
           (table == settings && (strcmp(name, "plugin") == 0 || strcmp(name, "pool") == 0)) ||
           (table == plugin_settings && strcmp(name, "options") == 0);
}

void strangers_begin(struct strangers *strangers, const char *text, size_t length) {
    *strangers = (struct strangers){.text = text, .length = length, .line = 1, .tables = {settings}};
}

bool strangers_next(struct strangers *strangers, struct stranger *found) {
    while (!strangers->ended) {
        struct token t = token_take(strangers);
        if (t.kind == TOKEN_MARK && t.mark == '}') {
            strangers->ended = !section_leave(strangers);
            continue;
        }
        if (t.kind != TOKEN_WORD) {
            strangers->ended = true;
            break;
        }
        snprintf(found->name, sizeof(found->name), "%.*s", (int)t.length, t.literal ? t.start : "");
        found->line = strangers->line;
        found->table = strangers->tables[strangers->depth];
        strangers->ended = !rest_skip(strangers, found->name);
        /* A name with "|" is libConfuse's way into sections: it is told of, in every version. */
        if (t.literal && !strchr(found->name, '|') && !option_known(found->table, found->name)) {
            return true;
        }
    }
    return false;
}
