/* The plugins of one worker. */
#include "worker/registry.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/placeholder.h"
#include "base/reason.h"
#include "worker/agree.h"
#include "worker/denied.h"
#include "worker/keeping.h"
#include "worker/manifest.h"
#include "worker/origin.h"

static const char SUFFIX[] = ".so";

/* ---- The files ---- */

static int is_plugin(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    size_t suffix = sizeof(SUFFIX) - 1;
    return entry->d_name[0] != '.' && length > suffix && strcmp(entry->d_name + length - suffix, SUFFIX) == 0;
}

/* Byte order, whatever the locale: every worker must see the same. */
static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* ---- One plugin ---- */

/* The loader's words, without the folder of the private copy, which means nothing to its reader, and what to do. A
 * function of the SDK that is not there is how most plugins for a newer server show it, for the loader comes before the
 * manifest. */
static void reason_take(char reason[MANIFEST_REASON_SIZE], const char *text, const char *folder) {
    size_t length = strlen(folder);
    bool ours = strncmp(text, folder, length) == 0 && text[length] == '/';
    int end = snprintf(reason, MANIFEST_REASON_SIZE, "%s", ours ? text + length + 1 : text);
    if (strstr(reason, "undefined symbol: socgi_") && end < MANIFEST_REASON_SIZE) {
        snprintf(reason + end, (size_t)(MANIFEST_REASON_SIZE - end),
                 ", which this server (socgi " SOCGI_VERSION
                 ", ABI %d.%d) has not: upgrade socgi, or rebuild the plugin against this server's socgi/plugin.h",
                 SOCGI_ABI_MAJOR, SOCGI_ABI_MINOR);
    } else if (strstr(reason, "failed to map segment") && end < MANIFEST_REASON_SIZE) {
        snprintf(reason + end, (size_t)(MANIFEST_REASON_SIZE - end), "%s", reason_noexec(folder));
    } else if (strstr(reason, "undefined symbol: ") && end < MANIFEST_REASON_SIZE) {
        snprintf(reason + end, (size_t)(MANIFEST_REASON_SIZE - end),
                 ": compile the source that has it, or link the library (for socgi dev and build, a line in the "
                 "plugin's file: /* socgi: cflags -lNAME */)");
    }
}

/* True: the file is a placeholder, which gives the reason itself. */
static bool placeholder_read(const char *path, char reason[MANIFEST_REASON_SIZE]) {
    char mark[sizeof(PLACEHOLDER_MARK)] = "";
    FILE *file = fopen(path, "re");
    bool found = file && fread(mark, 1, PLACEHOLDER_MARK_LENGTH, file) == PLACEHOLDER_MARK_LENGTH &&
                 !strcmp(mark, PLACEHOLDER_MARK);
    if (found) {
        reason[fread(reason, 1, MANIFEST_REASON_SIZE - 1, file)] = '\0';
    }
    if (file) {
        fclose(file);
    }
    return found;
}

static const struct socgi_plugin *symbol_find(const char *folder, const char *path, int scope,
                                              char reason[MANIFEST_REASON_SIZE]) {
    void *library = dlopen(path, RTLD_NOW | scope);
    const struct socgi_plugin *plugin = library ? dlsym(library, "socgi_plugin") : NULL;
    if (!library && !placeholder_read(path, reason)) {
        reason_take(reason, dlerror(), folder);
    } else if (library && !plugin) {
        snprintf(reason, MANIFEST_REASON_SIZE,
                 "it has no symbol socgi_plugin: SOCGI_PLUGIN(...) is missing, or hidden");
    }
    return plugin;
}

int registry_examine(const char *path, const char *name, char reason[MANIFEST_REASON_SIZE]) {
    struct manifest manifest;
    const char *slash = strrchr(path, '/');
    char *folder = strndup(path, slash ? (size_t)(slash - path) : 0);
    const struct socgi_plugin *given = folder ? symbol_find(folder, path, RTLD_LOCAL, reason) : NULL;
    free(folder);
    return given ? manifest_read(&manifest, given, name, reason) : -EINVAL;
}

/* An interpreter finds its extension modules' symbols only where its library is global. */
static int scope_of(const struct wire_start *start, const char *name) {
    for (uint32_t i = 0; i < start->global_count; i++) {
        if (strcmp(start->globals[i], name) == 0) {
            return RTLD_GLOBAL;
        }
    }
    return RTLD_LOCAL;
}

static const struct socgi_plugin *plugin_find(const struct wire_start *start, const char *file, const char *name,
                                              char reason[MANIFEST_REASON_SIZE]) {
    char *path;
    if (asprintf(&path, "%s/%s", start->folder, file) < 0) {
        snprintf(reason, MANIFEST_REASON_SIZE, "no memory");
        return NULL;
    }
    const struct socgi_plugin *plugin = symbol_find(start->folder, path, scope_of(start, name), reason);
    free(path);
    return plugin;
}

/* Everything up to init, which is the first of the plugin's code that is called. */
static int context_make(const struct wire_start *start, const char *file, struct socgi_context *context,
                        char reason[MANIFEST_REASON_SIZE]) {
    char name[RULES_NAME_MAX + 1];
    snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - (sizeof(SUFFIX) - 1)), file);
    const struct socgi_plugin *given = plugin_find(start, file, name, reason);
    if (!given || manifest_read(&context->manifest, given, name, reason)) {
        return -EINVAL;
    }
    if (agree_check(start->folder, file, &context->manifest, reason)) {
        return -EINVAL;
    }
    context->options = start->options;
    context->option_count = start->option_count;
    context->needs = start->sandbox ? start->needs : NULL;
    if (manifest_check_options(&context->manifest, start->options, start->option_count, reason)) {
        return -EINVAL;
    }
    int error = context->manifest.plugin.init ? context->manifest.plugin.init(context) : 0;
    if (origin_lost()) { /* it, or a constructor, has forked */
        origin_end(context->manifest.name);
    }
    if (error < 0) {
        char denied[DENIED_TEXT];
        snprintf(reason, MANIFEST_REASON_SIZE, "its init failed: %s%s", strerror(-error),
                 denied_text(error, context->needs, denied));
    }
    return error < 0 ? error : 0;
}

static void context_free(struct socgi_context *context) {
    if (context) {
        char *file;
        memcpy(&file, &context->file, sizeof(file)); /* const to its readers, ours to free */
        free(file);
        free(context);
    }
}

static struct socgi_context *context_new(const char *file) {
    struct socgi_context *context = calloc(1, sizeof(*context));
    if (context) {
        context->file = strdup(file);
        if (!context->file) {
            free(context);
            return NULL;
        }
    }
    return context;
}

static long manifest_pack(const struct socgi_context *context, const char *reason, unsigned char *message) {
    const struct manifest *m = &context->manifest;
    struct wire_plugin told = {.file = context->file, .reason = reason, .route = m->route[0] ? m->route : NULL};
    if (!reason) {
        told.name = m->name;
        told.version = m->plugin.version;
        told.methods = m->methods;
        told.timeout_ms = m->plugin.timeout_ms;
        told.concurrency = m->plugin.concurrency;
        told.body_limit = m->plugin.body_limit;
    }
    return wire_plugin_pack(&told, message);
}

static int plugin_load(struct registry *registry, const struct wire_start *start, const char *file, registry_tell *tell,
                       void *data) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    char reason[MANIFEST_REASON_SIZE] = "";
    int error = tell(data, message, wire_loading_pack(file, message));
    struct socgi_context *context = error ? NULL : context_new(file);
    if (!context) {
        return error ? error : -ENOMEM;
    }
    bool refused = context_make(start, file, context, reason) != 0;
    fflush(stdout); /* what init has printed is the plugin's */
    if (registry->keeping) {
        keeping_loaded(registry->keeping, file, refused ? NULL : context->manifest.name);
    }
    error = tell(data, message, manifest_pack(context, refused ? reason : NULL, message));
    if (refused) {
        context_free(context);
        context = NULL;
    }
    registry->plugins[registry->count++] = context;
    return error;
}

/* ---- All of them ---- */

int registry_load(struct registry *registry, const struct wire_start *start, registry_tell *tell, void *data) {
    struct dirent **files = NULL;
    int count = scandir(start->folder, &files, is_plugin, by_name);
    if (count < 0) {
        int saved = errno;
        log_line(LOG_ERROR, "the plugin folder %s cannot be read: %s", start->folder, strerror(saved));
        return -saved;
    }
    int error = 0;
    registry->plugins = calloc((size_t)count + 1, sizeof(struct socgi_context *));
    if (!registry->plugins || (registry->keeping && keeping_expect(registry->keeping, (size_t)count))) {
        error = -ENOMEM;
    }
    for (int i = 0; i < count; i++) {
        const char *file = files[i]->d_name;
        if (!error) {
            error = plugin_load(registry, start, file, tell, data);
        }
        free(files[i]);
    }
    free(files);
    unsigned char message[CHANNEL_MESSAGE_MAX];
    return error ? error : tell(data, message, wire_ready_pack(message));
}

struct socgi_context *registry_load_file(const struct wire_start *start, const char *file,
                                         char reason[MANIFEST_REASON_SIZE]) {
    struct socgi_context *context = context_new(file);
    if (context && context_make(start, file, context, reason)) {
        context_free(context);
        context = NULL;
    }
    return context;
}

void registry_unload_file(struct socgi_context *context) {
    if (context->manifest.plugin.fini) {
        context->manifest.plugin.fini(context);
        if (origin_lost()) {
            origin_end(context->manifest.name);
        }
    }
    context_free(context);
}

struct socgi_context *registry_at(const struct registry *registry, size_t index) {
    return index < registry->count ? registry->plugins[index] : NULL;
}

bool registry_idles(const struct registry *registry) {
    bool any = false;
    for (size_t i = 0; i < registry->count; i++) {
        any |= registry->plugins[i] && registry->plugins[i]->manifest.plugin.idle;
    }
    return any;
}

void registry_idle(const struct registry *registry, size_t index) {
    struct socgi_context *context = registry_at(registry, index);
    if (context && context->manifest.plugin.idle) {
        context->manifest.plugin.idle(context);
        if (origin_lost()) {
            origin_end(context->manifest.name);
        }
    }
}

void registry_end(struct registry *registry, registry_ending *ending, void *data) {
    for (size_t i = 0; i < registry->count; i++) {
        if (registry->plugins[i]) {
            ending(data, i);
            registry_unload_file(registry->plugins[i]);
        }
    }
    ending(data, registry->count);
    free(registry->plugins);
    *registry = (struct registry){0};
}
