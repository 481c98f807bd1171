/* Options that a plugin does not declare. */
#include "config/declared.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/said.h"

static void names_print(const struct said *said, char *out, size_t size) {
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < said->option_count && at < size; i++) {
        int n = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "", said->options[i].name);
        at += n > 0 ? (size_t)n : 0;
    }
}

static void undeclared_tell(const struct config_plugin *section, const struct config_option *option,
                            const struct said *said, char reason[HELD_REASON]) {
    char names[HELD_REASON / 2];
    struct nearest near = {.written = option->name};
    for (size_t i = 0; i < said->option_count; i++) {
        nearest_try(&near, said->options[i].name);
    }
    names_print(said, names, sizeof(names));
    snprintf(reason, HELD_REASON, "%s: plugin %s: option: found \"%.128s\", expected %s%s%s%s",
             option->at ? option->at : "--option", section->name, option->name,
             names[0] ? "one that it declares: " : "none, for it declares none", names,
             near.name ? "; the nearest is " : "", near.name ? near.name : "");
}

int declared_check(const struct config *config, const char *file, const struct said *said, char reason[HELD_REASON]) {
    const struct config_plugin *section = config_plugin_of(config, file, said);
    bool known;
    for (size_t i = 0; section && said->declares && i < section->option_count; i++) {
        (void)said_option(said, section->options[i].name, &known);
        if (!known) {
            undeclared_tell(section, &section->options[i], said, reason);
            return -EINVAL;
        }
    }
    return 0;
}
