/* Which plugin has brought which library. */
#include "worker/libraries.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

static const char CACHE[] = "/etc/ld.so.cache";
enum { CACHE_MAX = 16 << 20 };

/* ---- What is mapped ---- */

static const struct link_map *first_map(void) {
    struct link_map *map = NULL;
    void *self = dlopen(NULL, RTLD_LAZY);
    if (self && dlinfo(self, RTLD_DI_LINKMAP, &map) < 0) {
        map = NULL;
    }
    return map;
}

/* They are never unmapped, and new ones are at the end. */
static size_t maps_take(struct libraries *l, const char *plugin) {
    size_t before = l->count;
    size_t place = 0;
    for (const struct link_map *m = first_map(); m; m = m->l_next, place++) {
        if (place < before) {
            continue;
        }
        struct library *grown = reallocarray(l->all, l->count + 1, sizeof(*grown));
        if (!grown) {
            break;
        }
        l->all = grown;
        grown[l->count++] = (struct library){.map = m, .plugin = plugin ? strdup(plugin) : NULL};
    }
    return before;
}

/* Most machines have the linker add the address to which a library was loaded, some have it not. */
static const char *strings_of(const struct link_map *m) {
    for (const ElfW(Dyn) *d = m->l_ld; d && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_STRTAB) {
            uintptr_t at = d->d_un.d_ptr;
            at += at < m->l_addr ? m->l_addr : 0;
            return (const char *)at; // NOLINT(performance-no-int-to-ptr)
        }
    }
    return NULL;
}

static bool answers_to(const struct link_map *m, const char *soname) {
    const char *slash = strrchr(m->l_name, '/');
    if (strcmp(slash ? slash + 1 : m->l_name, soname) == 0) {
        return true;
    }
    const char *strings = m->l_name[0] == '/' ? strings_of(m) : NULL;
    for (const ElfW(Dyn) *d = m->l_ld; strings && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_SONAME) {
            return strcmp(strings + d->d_un.d_val, soname) == 0;
        }
    }
    return false;
}

/* ---- What would have been ---- */

/* The first of that name in the folders that are searched for this library. False: none is known. */
static bool search(const struct link_map *m, const char *soname, char path[PATH_MAX]) {
    Dl_serinfo size;
    void *library = dlopen(m->l_name, RTLD_LAZY | RTLD_NOLOAD);
    bool known = false;
    if (library && dlinfo(library, RTLD_DI_SERINFOSIZE, &size) == 0) {
        Dl_serinfo *folders = malloc(size.dls_size);
        if (folders && dlinfo(library, RTLD_DI_SERINFOSIZE, folders) == 0 &&
            dlinfo(library, RTLD_DI_SERINFO, folders) == 0) {
            for (unsigned i = 0; i < folders->dls_cnt && !known; i++) {
                int length = snprintf(path, PATH_MAX, "%s/%s", folders->dls_serpath[i].dls_name, soname);
                known = length < PATH_MAX && access(path, R_OK) == 0;
            }
        }
        free(folders);
    }
    if (library) {
        dlclose(library);
    }
    return known;
}

static bool same_file(const char *a, const char *b) {
    struct stat of_a;
    struct stat of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/* Whether the linker's cache names both: then it is the system's own choice between them. */
static bool cached(const char *a, const char *b) {
    int fd = open(CACHE, O_RDONLY | O_CLOEXEC);
    char *text = fd >= 0 ? malloc(CACHE_MAX) : NULL;
    ssize_t length = text ? read(fd, text, CACHE_MAX) : 0;
    fd_close(&fd);
    bool both =
        length > 0 && memmem(text, (size_t)length, a, strlen(a) + 1) && memmem(text, (size_t)length, b, strlen(b) + 1);
    free(text);
    return both;
}

static void needed_check(const struct libraries *l, const struct library *by, size_t old, const char *soname) {
    char path[PATH_MAX];
    const struct library *given = NULL;
    for (size_t i = 0; i < old && !given; i++) {
        given = answers_to(l->all[i].map, soname) ? &l->all[i] : NULL;
    }
    if (given && given->map->l_name[0] == '/' && search(by->map, soname, path) &&
        !same_file(path, given->map->l_name) && !cached(path, given->map->l_name)) {
        log_line(LOG_WARNING,
                 "plugin %s needs %s, which is %s for it, but gets %s, which %s%s has loaded before: put one of them "
                 "into a pool of its own",
                 by->plugin, soname, path, given->map->l_name, given->plugin ? "plugin " : "the server",
                 given->plugin ? given->plugin : "");
    }
}

static void library_check(const struct libraries *l, const struct library *by, size_t old) {
    const char *strings = by->map->l_name[0] == '/' ? strings_of(by->map) : NULL;
    for (const ElfW(Dyn) *d = by->map->l_ld; strings && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_NEEDED && !strchr(strings + d->d_un.d_val, '/')) {
            needed_check(l, by, old, strings + d->d_un.d_val);
        }
    }
}

void libraries_begin(struct libraries *l) {
    *l = (struct libraries){0};
    (void)maps_take(l, NULL);
}

void libraries_loaded(struct libraries *l, const char *plugin, bool tell) {
    size_t old = maps_take(l, plugin);
    for (size_t i = old; i < l->count && tell; i++) {
        library_check(l, &l->all[i], old);
    }
}

void libraries_end(struct libraries *l) {
    for (size_t i = 0; i < l->count; i++) {
        free(l->all[i].plugin);
    }
    free(l->all);
    *l = (struct libraries){0};
}
