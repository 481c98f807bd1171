/*
 * The configuration file: libConfuse reads it, the schema says what is right. Run by main, before there is a master.
 * Every error is told as "FILE:LINE: OPTION: found X, expected Y", and reading goes on after one as far as its grammar
 * can: only what breaks that (a brace, a quote, an "=") ends it. The struct is touched only by a file without errors.
 */
#include "config/file.h"

#include <confuse.h>
#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/comment.h"
#include "config/complaint.h"
#include "config/form.h"
#include "config/place.h"
#include "config/pool.h"
#include "config/schema.h"
#include "config/source.h"
#include "config/stranger.h"

enum { OPTIONS_MAX = 96, TEXT_MAX = 256 };

/* libConfuse takes the end of the file for the end of its sections. An option of our own behind it shows in which it
 * stood. */
#define SENTINEL "end_of_file"
#define TAIL "\n" SENTINEL " = 1\n"
#define END_FOUND "the end of the file"

/* libConfuse gives its hooks no pointer of ours, and its lexer is one for the process anyway. */
static struct reader {
    const char *file;
    int lines;
    int errors;
    bool ended; /* the end was complained of: what follows from that is not worth a line */
    struct strangers strangers;
    struct stranger stranger; /* the next that is to be told */
    bool stranger_waits;
    int lines_of[OPTIONS_MAX]; /* of each of the settings: the last that has set it; 0: none */
    char *text;                /* without comments */
    size_t length;
} * reader;

/* ---- Errors ---- */

static const char *quote(const char *text, char quoted[TEXT_MAX]) {
    snprintf(quoted, TEXT_MAX, "\"%s\"", text);
    return quoted;
}

/* One line, whatever bytes the file has put into it. `option` may be NULL. */
static void tell(int line, const char *option, const char *found, const char *expected) {
    char text[4 * TEXT_MAX];
    reader->errors++;
    snprintf(text, sizeof(text), "%s%sfound %s, expected %s", option ? option : "", option ? ": " : "", found,
             expected);
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            *c = '?';
        }
    }
    complaint("%s:%d: %s", reader->file, line, text);
}

static const char of_plugin[] =
#define PLUGIN_OPTION(name, kind, member, fallback, least, most, help, more) #name ", "
#include "config/options.def"
    "or options";

/* The unknown options up to that line: versions of libConfuse differ in telling of them, so they are found without it.
 */
static void strangers_tell(int line) {
    char quoted[TEXT_MAX];
    while (reader->stranger_waits && reader->stranger.line <= line) {
        const struct stranger *s = &reader->stranger;
        const char *expected = s->table == plugin_settings ? of_plugin
                               : s->table == pool_settings ? "an option of a pool that socgi.conf(5) names"
                                                           : "an option that socgi.conf(5) names";
        tell(s->line, s->name[0] ? s->name : NULL, quote(s->name, quoted), expected);
        reader->stranger_waits = strangers_next(&reader->strangers, &reader->stranger);
    }
}

/* Errors are told in the order of their lines. */
static void complain(const cfg_t *cfg, const char *option, const char *found, const char *expected) {
    int line = cfg->line;
    if (reader->ended) {
        return;
    }
    if (line > reader->lines) {
        line = reader->lines;
        found = END_FOUND;
        option = option && strcmp(option, SENTINEL) == 0 ? NULL : option;
        reader->ended = true;
    }
    strangers_tell(line);
    tell(line, option, found, expected);
}

/* What libConfuse complains of, by its format, in our words. NULL as found: the token itself. */
static const struct complaint {
    const char *format;
    bool of_option; /* its argument is an option's name, not what was found */
    const char *found;
    const char *expected;
} complaints[] = {
    {"missing equal sign after option '%s'", true, "no \"=\"", "NAME = VALUE"},
    {"attempt to append to non-list option '%s'", true, "\"+=\"", "\"=\", for it is no list"},
    {"missing title for section '%s'", true, "no name", "a name before the {"},
    {"missing opening brace for section '%s'", true, "no {", "{"},
    {"found duplicate title '%s'", true, "a second section of that name", "one"},
    {"no sub-section title/index for '%s'", false, NULL, "a name without |"},
    {"unexpected token '%s'", false, NULL, "NAME = VALUE"},
    {"invalid octal number '%s'", false, NULL, "\\0 to \\377"},
    {"bad escape sequence '%s'", false, NULL, "an escape of socgi.conf(5)"},
    {"unexpected closing brace", false, "\"}\"", "NAME = VALUE"},
    {"premature end of file", false, END_FOUND, "a value and what closes it"},
    {"unterminated string constant", false, END_FOUND, "a closing quote"},
};

static void libconfuse_error(cfg_t *cfg, const char *format, va_list args) {
    char quoted[TEXT_MAX];
    const char *token = strchr(format, '%') ? va_arg(args, const char *) : "";
    if (strcmp(format, "no such option '%s'") == 0) {
        return; /* libConfuse 3.3: it takes it; it was found already, or is free */
    }
    for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
        const struct complaint *c = &complaints[i];
        if (strcmp(c->format, format) == 0) {
            complain(cfg, c->of_option ? token : NULL, c->found ? c->found : quote(token, quoted), c->expected);
            return;
        }
    }
    complain(cfg, NULL, quote(format, quoted), "what socgi.conf(5) describes");
}

/* Takes every text, for libConfuse would read no further after one that is refused. */
static void value_check(cfg_t *cfg, const char *name, const char *value, const struct setting *table) {
    char expected[SETTING_EXPECTED] = "a value";
    char quoted[TEXT_MAX];
    const struct setting *s = setting_find(table, name);
    if (s && (setting_check(s, value, expected) || cfg->line > reader->lines)) {
        complain(cfg, name, quote(value, quoted), expected);
    }
}

static int setting_parse(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result) {
    const struct setting *s = setting_find(settings, opt->name);
    value_check(cfg, opt->name, value, settings);
    if (s) {
        reader->lines_of[s - settings] = cfg->line;
    }
    *(const char **)result = value;
    return 0;
}

static int plugin_setting_parse(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result) {
    value_check(cfg, opt->name, value, plugin_settings);
    *(const char **)result = value;
    return 0;
}

static int pool_setting_parse(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result) {
    value_check(cfg, opt->name, value, pool_settings);
    *(const char **)result = value;
    return 0;
}

static int section_validate(cfg_t *cfg, cfg_opt_t *opt) {
    char quoted[TEXT_MAX];
    const char *title = cfg_title(cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1));
    if (!plugin_name_valid(title)) {
        complain(cfg, opt->name, quote(title, quoted), PLUGIN_NAME_EXPECTED);
    }
    return 0;
}

/* ---- The tree ---- */

static size_t table_options(const struct setting *table, cfg_callback_t parse, cfg_opt_t options[OPTIONS_MAX]) {
    size_t n = 0;
    for (const struct setting *s = table; s->name && n < OPTIONS_MAX - 3; s++) {
        options[n++] = setting_is_list(s) ? (cfg_opt_t)CFG_STR_LIST_CB(s->name, NULL, CFGF_NODEFAULT, parse)
                                          : (cfg_opt_t)CFG_STR_CB(s->name, NULL, CFGF_NODEFAULT, parse);
    }
    return n;
}

/* CFGF_KEYSTRVAL: an unknown option is read over, so that the next error is found too. */
static cfg_t *tree_new(void) {
    cfg_opt_t free_form[] = {CFG_END()};
    cfg_opt_t options[OPTIONS_MAX];
    cfg_opt_t plugin[OPTIONS_MAX];
    cfg_opt_t pool[OPTIONS_MAX];
    size_t n = table_options(plugin_settings, plugin_setting_parse, plugin);
    plugin[n++] = (cfg_opt_t)CFG_SEC("options", free_form, CFGF_KEYSTRVAL);
    plugin[n] = (cfg_opt_t)CFG_END();
    n = table_options(pool_settings, pool_setting_parse, pool);
    pool[n] = (cfg_opt_t)CFG_END();
    n = table_options(settings, setting_parse, options);
    options[n++] = (cfg_opt_t)CFG_STR_CB(SENTINEL, NULL, CFGF_NODEFAULT, setting_parse);
    options[n++] = (cfg_opt_t)CFG_SEC("plugin", plugin, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES | CFGF_KEYSTRVAL);
    options[n++] = (cfg_opt_t)CFG_SEC("pool", pool, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES | CFGF_KEYSTRVAL);
    options[n] = (cfg_opt_t)CFG_END();
    cfg_t *cfg = cfg_init(options, CFGF_KEYSTRVAL); /* copies the tables */
    if (cfg) {
        cfg_set_error_function(cfg, libconfuse_error);
        cfg_set_validate_func(cfg, "plugin", section_validate);
        cfg_set_validate_func(cfg, "pool", section_validate);
    }
    return cfg;
}

/* Unknown options whose names are escaped in the text, or the environment's: libConfuse alone has read those. */
static void strangers_check(cfg_t *cfg, const struct setting *table) {
    char quoted[TEXT_MAX];
    for (unsigned i = 0; i < cfg_num(cfg) && reader->errors == 0; i++) {
        const char *name = cfg_opt_name(cfg_getnopt(cfg, i));
        if (!option_known(table, name) && strcmp(name, SENTINEL) != 0) {
            complaint("%s: found option %s, expected one that socgi.conf(5) names", reader->file, quote(name, quoted));
            reader->errors++;
        }
    }
}

/* The file's bytes and TAIL behind them. NULL with errno set. */
static char *file_load(const char *file, size_t *length) {
    char block[4096];
    char *text = NULL;
    FILE *from = fopen(file, "re");
    FILE *to = from ? open_memstream(&text, length) : NULL;
    int error = to ? 0 : errno;
    for (size_t n = 1; !error && n > 0;) {
        n = fread(block, 1, sizeof(block), from);
        error = ferror(from) ? errno : memchr(block, '\0', n) ? EILSEQ : fwrite(block, 1, n, to) < n ? ENOMEM : 0;
    }
    if (from) {
        fclose(from);
    }
    if (to && (fputs(TAIL, to) < 0 || fclose(to)) && !error) {
        error = ENOMEM;
    }
    if (error) {
        free(text);
        errno = error;
        return NULL;
    }
    return text;
}

static int lines_count(const char *text, size_t length) {
    int lines = length == 0 || text[length - 1] != '\n';
    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

/* libConfuse's reading of the text, then what it does not see. */
static void text_parse(cfg_t *cfg, char *text, size_t length) {
    if (!comments_blank(text, length - strlen(TAIL))) {
        cfg->line = reader->lines;
        complain(cfg, NULL, END_FOUND, "the end of a comment");
        return;
    }
    strangers_begin(&reader->strangers, text, length - strlen(TAIL));
    reader->stranger_waits = strangers_next(&reader->strangers, &reader->stranger);
    bool read = cfg_parse_buf(cfg, text) == CFG_SUCCESS;
    if (read && cfg_size(cfg, SENTINEL) == 0) {
        cfg->line = reader->lines + 1; /* a section has taken what stands behind the file */
        complain(cfg, NULL, END_FOUND, "}");
    } else if (read) {
        strangers_tell(reader->lines);
    } else if (reader->errors == 0) {
        complain(cfg, NULL, "something unreadable", "NAME = VALUE");
    }
    strangers_check(cfg, settings);
    for (unsigned i = 0; i < cfg_size(cfg, "plugin"); i++) {
        strangers_check(cfg_getnsec(cfg, "plugin", i), plugin_settings);
    }
    for (unsigned i = 0; i < cfg_size(cfg, "pool"); i++) {
        strangers_check(cfg_getnsec(cfg, "pool", i), pool_settings);
    }
}

static int tree_parse(cfg_t *cfg, struct reader *now) {
    const char *file = now->file;
    size_t length = 0;
    char *text = file_load(file, &length);
    now->text = text;
    now->length = length;
    if (!text) {
        complaint("%s: cannot be read: %s", file, errno == EILSEQ ? "it holds a NUL byte" : strerror(errno));
        return -EINVAL;
    }
    now->lines = lines_count(text, length - strlen(TAIL));
    reader = now;
    text_parse(cfg, text, length);
    reader = NULL;
    return now->errors ? -EINVAL : 0;
}

/* ---- From the tree to the struct ---- */

static int table_take(void *target, const struct setting *table, cfg_t *cfg, const char *folder) {
    char expected[SETTING_EXPECTED];
    int error = 0;
    for (const struct setting *s = table; s->name && !error; s++) {
        unsigned count = cfg_size(cfg, s->name);
        if (setting_is_list(s) && (cfg_getopt(cfg, s->name)->flags & CFGF_MODIFIED)) {
            setting_clear(target, s); /* by an empty list, too */
        }
        for (unsigned i = 0; i < count && !error; i++) {
            error = setting_set(target, s, cfg_getnstr(cfg, s->name, i), folder, expected);
        }
    }
    return error;
}

/* "FILE:LINE" of what came by the file, the caller's; NULL: it cannot be found, or there is no memory. */
static char *place_print(const struct reader *read, const char *plugin, const char *inner, const char *option) {
    const struct place place = {.kind = "plugin", .title = plugin, .inner = inner, .option = option};
    int line = place_line(read->text, read->length - strlen(TAIL), &place);
    char *at = NULL;
    return line > 0 && asprintf(&at, "%s:%d", read->file, line) >= 0 ? at : NULL;
}

static int options_take(struct config *config, const char *plugin, cfg_t *options, const struct reader *read) {
    int error = 0;
    for (unsigned i = 0; options && i < cfg_num(options) && !error; i++) {
        cfg_opt_t *option = cfg_getnopt(options, i);
        const char *value = option && option->name ? cfg_opt_getstr(option) : NULL;
        if (value) {
            const char *name = cfg_opt_name(option);
            error = config_option_set(config, plugin, name, value, place_print(read, plugin, "options", name));
        }
    }
    return error;
}

static void places_mark(struct config_plugin *p, const struct reader *read) {
    free(p->at);
    p->at = place_print(read, p->name, NULL, NULL);
    free(p->needs_at);
    p->needs_at = place_print(read, p->name, NULL, "needs");
}

static int plugins_take(struct config *config, cfg_t *cfg, const struct reader *read) {
    int error = 0;
    for (unsigned i = 0; i < cfg_size(cfg, "plugin") && !error; i++) {
        cfg_t *section = cfg_getnsec(cfg, "plugin", i);
        struct config_plugin *p = config_plugin_section(config, cfg_title(section));
        error = p ? table_take(p, plugin_settings, section, NULL) : -ENOMEM;
        if (!error) {
            places_mark(p, read);
            error = options_take(config, p->name, cfg_getsec(section, "options"), read);
        }
    }
    return error;
}

static int pools_take(struct config *config, cfg_t *cfg) {
    int error = 0;
    for (unsigned i = 0; i < cfg_size(cfg, "pool") && !error; i++) {
        cfg_t *section = cfg_getnsec(cfg, "pool", i);
        struct config_pool *p = config_pool_section(config, cfg_title(section));
        error = p ? table_take(p, pool_settings, section, NULL) : -ENOMEM;
    }
    return error;
}

int config_read(struct config *config, const char *file) {
    char *copy = realpath(file, NULL);
    if (!copy) {
        complaint("%s: cannot be read: %s", file, strerror(errno));
        return -EINVAL;
    }
    cfg_t *cfg = tree_new();
    struct reader read = {.file = file};
    int error = cfg ? tree_parse(cfg, &read) : -ENOMEM;
    if (!error) {
        error = table_take(config, settings, cfg, dirname(copy));
        for (size_t i = 0; i < OPTIONS_MAX && settings[i].name; i++) {
            if (read.lines_of[i] > 0) {
                source_remember(config, settings[i].name, file, read.lines_of[i]);
            }
        }
    }
    if (!error) {
        error = plugins_take(config, cfg, &read);
    }
    if (!error) {
        error = pools_take(config, cfg);
    }
    if (cfg) {
        cfg_free(cfg);
    }
    free(read.text);
    free(copy);
    return error;
}
