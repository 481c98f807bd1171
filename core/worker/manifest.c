/* What a plugin says of itself, checked. */
#include "worker/manifest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/needs.h"
#include "http/method.h"
#include "wire/rules.h"

#define DEFAULT_METHODS "GET HEAD POST PUT DELETE PATCH"

enum {
    FIXED_SIZE = offsetof(struct socgi_plugin, name), /* what can be read before the plugin's size is known */
    LEAST_SIZE = offsetof(struct socgi_plugin, handle) + sizeof(socgi_handler *),
    MOST_SIZE = 4096
};

__attribute__((format(printf, 2, 3))) static int refuse(char *reason, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(reason, MANIFEST_REASON_SIZE, format, args);
    va_end(args);
    return -EINVAL;
}

/* Whose turn it is when the versions do not fit: the words end with what to do. */
static int check_version(const struct socgi_plugin *plugin, char *reason) {
    if (plugin->magic != SOCGI_MAGIC) {
        return refuse(reason,
                      "not a socgi plugin: its magic is 0x%08x, not 0x%08x; define it by SOCGI_PLUGIN(...) of "
                      "socgi/plugin.h",
                      plugin->magic, SOCGI_MAGIC);
    }
    bool newer = plugin->abi_major > SOCGI_ABI_MAJOR ||
                 (plugin->abi_major == SOCGI_ABI_MAJOR && plugin->abi_minor > SOCGI_ABI_MINOR);
    if (plugin->abi_major == SOCGI_ABI_MAJOR && !newer) {
        return 0;
    }
    return refuse(reason, "built for ABI %u.%u, this server (socgi " SOCGI_VERSION ") has %u.%u: %s", plugin->abi_major,
                  plugin->abi_minor, SOCGI_ABI_MAJOR, SOCGI_ABI_MINOR,
                  newer ? "upgrade socgi, or rebuild the plugin against this server's socgi/plugin.h"
                        : "rebuild the plugin against this server's socgi/plugin.h");
}

/* Copies what both sides know, never more than the plugin has: it may be older and its struct shorter. */
static int read_struct(struct socgi_plugin *plugin, const struct socgi_plugin *given, char *reason) {
    memset(plugin, 0, sizeof(*plugin));
    memcpy(plugin, given, FIXED_SIZE);
    int error = check_version(plugin, reason);
    if (error) {
        return error;
    }
    /* Fields are aligned to 8 bytes or paired into them, so that a multiple of 8 cuts none in two. */
    if (plugin->size < LEAST_SIZE || plugin->size > MOST_SIZE || plugin->size % 8 != 0) {
        return refuse(reason, "its struct socgi_plugin of %u bytes cannot be", plugin->size);
    }
    if (plugin->flags != 0) {
        return refuse(reason, "flags 0x%x are not known", plugin->flags);
    }
    memcpy(plugin, given, plugin->size < sizeof(*plugin) ? plugin->size : sizeof(*plugin));
    if (!plugin->handle) {
        return refuse(reason, "it names no handler: SOCGI_PLUGIN(.handle = its function)");
    }
    return 0;
}

static int check_declared(const struct socgi_option *options, char *reason) {
    size_t count = 0;
    for (; options && options[count].name; count++) {
        if (count == MANIFEST_OPTIONS_MAX) {
            return refuse(reason, "more than %d options: is the list ended by a NULL name?", MANIFEST_OPTIONS_MAX);
        }
        if (!rules_name(options[count].name)) {
            return refuse(reason, "option name \"%s\" is not valid", options[count].name);
        }
        for (size_t i = 0; i < count; i++) {
            if (strcmp(options[i].name, options[count].name) == 0) {
                return refuse(reason, "option \"%s\" is declared twice", options[i].name);
            }
        }
    }
    return 0;
}

int manifest_read(struct manifest *m, const struct socgi_plugin *given, const char *fallback,
                  char reason[MANIFEST_REASON_SIZE]) {
    memset(m, 0, sizeof(*m));
    int error = read_struct(&m->plugin, given, reason);
    if (error) {
        return error;
    }
    const char *name = m->plugin.name ? m->plugin.name : fallback;
    if (!rules_name(name)) {
        return refuse(reason, "name \"%s\" is not 1 to %d letters, digits, '-', '_', '.'", name, RULES_NAME_MAX);
    }
    memcpy(m->name, name, strlen(name) + 1);
    if (m->plugin.route && !rules_route(m->plugin.route)) {
        return refuse(reason,
                      "route \"%s\" is not a canonical path, as \"/a/b\": it begins with '/' and does not end so",
                      m->plugin.route);
    }
    snprintf(m->route, sizeof(m->route), "%s%s", m->plugin.route ? "" : "/", m->plugin.route ? m->plugin.route : name);
    const char *methods = m->plugin.methods ? m->plugin.methods : DEFAULT_METHODS;
    if (http_methods_parse(methods, &m->methods)) {
        return refuse(reason,
                      "methods \"%s\" are not all methods: as \"GET POST\", in capitals, a blank between them, no "
                      "CONNECT or TRACE",
                      methods);
    }
    if (m->plugin.version && !rules_version(m->plugin.version)) {
        return refuse(reason, "its version is not at most %d bytes of printable UTF-8", RULES_VERSION_MAX);
    }
    if (m->plugin.needs && needs_check_said(m->plugin.needs)) {
        return refuse(reason, "its needs \"%.256s\" are not all known: " NEEDS_EXPECTED ", or read:@OPTION",
                      m->plugin.needs);
    }
    return check_declared(m->plugin.options, reason);
}

const struct socgi_option *manifest_option(const struct manifest *m, const char *name) {
    for (const struct socgi_option *option = m->plugin.options; option && option->name; option++) {
        if (strcmp(option->name, name) == 0) {
            return option;
        }
    }
    return NULL;
}

static int refuse_option(const struct manifest *m, const char *name, char *reason) {
    const struct socgi_option *known = m->plugin.options;
    if (!known || !known->name) {
        return refuse(reason, "option \"%s\" is not known; it has no options", name);
    }
    int at = snprintf(reason, MANIFEST_REASON_SIZE, "option \"%s\" is not known; known are:", name);
    for (const char *comma = ""; known->name && at < MANIFEST_REASON_SIZE; known++, comma = ",") {
        at += snprintf(reason + at, (size_t)(MANIFEST_REASON_SIZE - at), "%s %s", comma, known->name);
    }
    return -EINVAL;
}

int manifest_check_options(const struct manifest *m, const struct wire_option *options, size_t count,
                           char reason[MANIFEST_REASON_SIZE]) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].plugin, m->name) == 0 && !manifest_option(m, options[i].name)) {
            return refuse_option(m, options[i].name, reason);
        }
    }
    return 0;
}
