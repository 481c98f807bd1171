/* What a plugin says of itself. */
#include "base/said.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <socgi/plugin.h>

#include "base/elf.h"
#include "base/needs.h"

enum { NAME_SIZE = 256, FALLBACK_SIZE = 4096, OPTIONS_MOST = 256 };

#define PLACE(base, type, field) ((base) + offsetof(struct type, field))

/* The text that a field of a struct points to; *text NULL: to none. */
static int text_at(struct elf *elf, uint64_t place, size_t most, char **text) {
    uint64_t address;
    *text = NULL;
    int error = elf_pointer(elf, place, &address);
    if (!error && address != 0) {
        *text = elf_text(elf, address, most);
        error = *text ? 0 : -errno;
    }
    return error;
}

/* 1: there was one more; 0: it is the list's end; or -errno. */
static int option_add(struct elf *elf, uint64_t place, struct said *said) {
    struct said_option o = {0};
    int error = text_at(elf, PLACE(place, socgi_option, name), NAME_SIZE, &o.name);
    if (error || !o.name) {
        return error;
    }
    error = text_at(elf, PLACE(place, socgi_option, fallback), FALLBACK_SIZE, &o.fallback);
    struct said_option *grown = error ? NULL : reallocarray(said->options, said->option_count + 1, sizeof(*grown));
    if (!grown) {
        free(o.name);
        free(o.fallback);
        return error ? error : -ENOMEM;
    }
    said->options = grown;
    grown[said->option_count++] = o;
    return 1;
}

/* All of them, or it is not known which there are. */
static int options_read(struct elf *elf, uint64_t place, struct said *said) {
    uint64_t at;
    int found = elf_pointer(elf, place, &at);
    said->declares = found == 0 && at == 0;
    for (size_t i = 0; found >= 0 && at != 0 && i < OPTIONS_MOST; i++) {
        found = option_add(elf, at + i * sizeof(struct socgi_option), said);
        if (found == 0) {
            said->declares = true;
            break;
        }
    }
    return found < 0 ? found : 0;
}

static int plugin_read(struct elf *elf, struct said *said) {
    struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t size;
    } head;
    uint64_t plugin;
    int error = elf_symbol(elf, "socgi_plugin", &plugin);
    error = error ? error : elf_bytes(elf, plugin, &head, sizeof(head));
    if (error || head.magic != SOCGI_MAGIC || head.major != SOCGI_ABI_MAJOR) {
        return error ? error : -ENOEXEC;
    }
    if (head.size >= offsetof(struct socgi_plugin, version)) {
        error = text_at(elf, PLACE(plugin, socgi_plugin, name), NAME_SIZE, &said->name);
    }
    if (!error && head.size >= sizeof(struct socgi_plugin)) {
        error = text_at(elf, PLACE(plugin, socgi_plugin, needs), NEEDS_MAX, &said->needs);
    }
    if (!error && head.size >= offsetof(struct socgi_plugin, needs)) {
        int unread = options_read(elf, PLACE(plugin, socgi_plugin, options), said);
        error = said->needs && strchr(said->needs, '@') ? unread : 0; /* else nothing hangs on them yet */
    }
    return error;
}

int said_read(const char *path, struct said *said) {
    struct elf elf;
    *said = (struct said){0};
    int error = elf_open(&elf, path);
    error = error ? error : plugin_read(&elf, said);
    elf_close(&elf);
    if (error) {
        said_free(said);
    }
    return error;
}

void said_free(struct said *said) {
    for (size_t i = 0; i < said->option_count; i++) {
        free(said->options[i].name);
        free(said->options[i].fallback);
    }
    free(said->options);
    free(said->name);
    free(said->needs);
    *said = (struct said){0};
}

const char *said_option(const struct said *said, const char *name, bool *known) {
    *known = false;
    for (size_t i = 0; i < said->option_count; i++) {
        if (strcmp(said->options[i].name, name) == 0) {
            *known = true;
            return said->options[i].fallback;
        }
    }
    return NULL;
}
