/* What a plugin is held to. */
#include "config/held.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/needs.h"
#include "base/needs_set.h"
#include "base/said.h"
#include "config/form.h"

size_t config_pool_of(const struct config *config, const char *file) {
    size_t length = strlen(file) - strlen(".so");
    for (size_t number = 1; config_pool_at(config, number); number++) {
        const struct config_pool *p = config_pool_at(config, number);
        for (size_t i = 0; i < p->plugin_count; i++) {
            if (strlen(p->plugins[i]) == length && strncmp(p->plugins[i], file, length) == 0) {
                return number;
            }
        }
    }
    return 0;
}

const struct config_plugin *config_plugin_of(const struct config *config, const char *file, const struct said *said) {
    size_t length = strlen(file) - strlen(".so");
    for (size_t i = 0; i < config->plugin_count; i++) {
        const char *name = config->plugins[i].name;
        if (said->name ? strcmp(name, said->name) == 0 : strlen(name) == length && !strncmp(name, file, length)) {
            return &config->plugins[i];
        }
    }
    return NULL;
}

/* ---- What it says ---- */

/* One plugin that is looked at. */
struct plugin {
    const struct config_plugin *section; /* NULL: it has none */
    const struct said *said;
    char *reason;
};

/* The value of an option: the configuration's, else its fallback. NULL: neither. */
static const char *option_value(const struct plugin *p, const char *name, bool *known) {
    const char *fallback = said_option(p->said, name, known);
    for (size_t i = 0; p->section && i < p->section->option_count; i++) {
        if (strcmp(p->section->options[i].name, name) == 0) {
            return p->section->options[i].value;
        }
    }
    return fallback;
}

/* The word with the option's value as its path: a relative one counts from where the server was started, for so the
 * plugin opens it. */
static int option_print(const struct plugin *p, const struct need *need, struct buffer *out) {
    static const char *const forms[NEED_KINDS] = {
        [NEED_READ] = "read", [NEED_WRITE] = "write", [NEED_EXEC] = "exec", [NEED_CONNECT_UNIX] = "connect:unix"};
    char name[256], folder[PATH_MAX] = "";
    bool known;
    snprintf(name, sizeof(name), "%.*s", (int)need->length - 1, need->path + 1);
    const char *value = option_value(p, name, &known);
    if (!known) {
        snprintf(p->reason, HELD_REASON, "its needs name the option \"%s\", which it does not have", name);
        return -EINVAL;
    }
    if (!value || !value[0]) {
        return 0;
    }
    if (value[0] != '/' && !getcwd(folder, sizeof(folder))) {
        snprintf(p->reason, HELD_REASON,
                 "option %s: found \"%s\", expected an absolute path, for the folder is gone: %s", name, value,
                 strerror(errno));
        return -EINVAL;
    }
    int error = buffer_format(out, " %s:%s%s%s", forms[need->kind], folder, folder[0] ? "/" : "",
                              folder[0] && strcmp(value, ".") == 0 ? "" : value);
    if (!error && (strpbrk(value, " \t\r\n") || strpbrk(folder, " \t\r\n") || strlen(value) >= PATH_MAX)) {
        snprintf(p->reason, HELD_REASON,
                 "option %s: found \"%s\", expected a path without blanks, for its needs name it", name, value);
        return -EINVAL;
    }
    return error;
}

/* What it says, with the options' values in it; the caller's. "all": it does not say. */
static int said_resolve(const struct plugin *p, char **text) {
    struct buffer out = {0};
    struct need need;
    const char *at = p->said->needs;
    int error = 0;
    if (!at || needs_all(at)) {
        *text = strdup(NEEDS_ALL);
        return *text ? 0 : -ENOMEM;
    }
    if (needs_check_said(at)) {
        snprintf(p->reason, HELD_REASON, "its needs: found \"%.256s\", expected %s, or read:@OPTION", at,
                 NEEDS_EXPECTED);
        return -EINVAL;
    }
    for (const char *begin = at; !error && needs_next(&at, &need) > 0; begin = at) {
        error = need_of_option(&need) ? option_print(p, &need, &out)
                                      : buffer_format(&out, " %.*s", (int)(at - begin), begin);
    }
    if (!error) {
        *text = needs_join(out.data ? out.data : "", "");
        error = *text ? 0 : -ENOMEM;
    }
    buffer_free(&out);
    return error;
}

/* ---- What its section says of that ---- */

/* Less than it says; or more, if that is said. */
static int section_apply(const struct plugin *p, char **text) {
    const struct config_plugin *section = p->section;
    const char *word;
    if (!section || !section->needs) {
        return 0;
    }
    size_t beyond = section->allow_wider ? 0 : needs_beyond(section->needs, *text, &word);
    if (beyond > 0) {
        snprintf(p->reason, HELD_REASON,
                 "%s%splugin %s: needs: found \"%.*s\", expected what its manifest has, which is \"%.512s\", or "
                 "allow_wider = on",
                 section->needs_at ? section->needs_at : "", section->needs_at ? ": " : "", section->name, (int)beyond,
                 word, *text);
        return -EINVAL;
    }
    char *said = needs_join(section->needs, "");
    if (!said) {
        return -ENOMEM;
    }
    free(*text);
    *text = said;
    return 0;
}

int held_make(const struct config *config, const char *file, const struct said *said, char **needs,
              char reason[HELD_REASON]) {
    const struct config_pool *pool = config_pool_at(config, config_pool_of(config, file));
    const struct plugin p = {.section = config_plugin_of(config, file, said), .said = said, .reason = reason};
    const char *word;
    char *text = NULL;
    *needs = NULL;
    reason[0] = '\0';
    if (pool->sandbox == SANDBOX_OFF && p.section && p.section->needs && !needs_all(p.section->needs)) {
        snprintf(reason, HELD_REASON, "%s%splugin %s: needs: found \"%s\", expected none, for sandbox is off",
                 p.section->needs_at ? p.section->needs_at : "", p.section->needs_at ? ": " : "", p.section->name,
                 p.section->needs);
        return -EINVAL;
    }
    if (pool->sandbox == SANDBOX_OFF) {
        *needs = strdup(NEEDS_ALL);
        return *needs ? 0 : -ENOMEM;
    }
    int error = said_resolve(&p, &text);
    error = error ? error : section_apply(&p, &text);
    if (!error) {
        *needs = needs_narrow(text, pool->needs);
        error = *needs ? 0 : -ENOMEM;
    }
    if (!error && !needs_all(text) && needs_beyond(text, pool->needs, &word) > 0) {
        snprintf(reason, HELD_REASON, "it needs \"%.384s\", of which its pool %s lets it \"%.384s\"", text, pool->name,
                 *needs);
    }
    free(text);
    return error;
}
