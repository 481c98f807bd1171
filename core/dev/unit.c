/* Units: the plugins that a folder holds as sources. */
#include "dev/unit.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- One file ---- */

enum kind { KIND_NONE, KIND_C, KIND_CXX, KIND_HEADER, KIND_BUILT };

static const struct {
    const char *suffix;
    enum kind kind;
} kinds[] = {{".c", KIND_C},      {".cc", KIND_CXX},    {".cpp", KIND_CXX},    {".cxx", KIND_CXX},
             {".h", KIND_HEADER}, {".hh", KIND_HEADER}, {".hpp", KIND_HEADER}, {".so", KIND_BUILT}};

struct file {
    char *path;
    const char *name; /* within the path */
    size_t stem;      /* length of the name without its suffix */
    enum kind kind;
    bool plugin; /* it says SOCGI_PLUGIN */
    uint64_t stamp;
};

struct files {
    struct file *list;
    size_t count;
};

static bool is_test(const struct file *f) {
    static const char end[] = "_test";
    return f->stem > sizeof(end) - 1 && memcmp(f->name + f->stem - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

static enum kind kind_of(struct file *f) {
    const char *dot = strrchr(f->name, '.');
    f->stem = dot ? (size_t)(dot - f->name) : strlen(f->name);
    for (size_t i = 0; dot && f->name[0] != '.' && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(dot, kinds[i].suffix) == 0) {
            return is_test(f) ? KIND_NONE : kinds[i].kind;
        }
    }
    return KIND_NONE;
}

/* FNV-1a: all that matters is that other values give another one. */
static uint64_t mix(uint64_t stamp, uint64_t value) {
    for (int i = 0; i < 64; i += 8) {
        stamp = (stamp ^ (value >> i & 0xff)) * 0x100000001b3;
    }
    return stamp;
}

static uint64_t stamp_of(const struct stat *st) {
    uint64_t stamp = mix(0xcbf29ce484222325, (uint64_t)st->st_ino);
    stamp = mix(stamp, (uint64_t)st->st_size);
    stamp = mix(stamp, (uint64_t)st->st_mtim.tv_sec);
    return mix(stamp, (uint64_t)st->st_mtim.tv_nsec);
}

/* One that cannot be read is taken for a plugin: its error is shown for itself, and is none of its neighbours. */
static bool says_plugin(const char *path) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool found = !file;
    while (!found && getline(&line, &size, file) > 0) {
        found = strstr(line, "SOCGI_PLUGIN") || strstr(line, "struct socgi_plugin socgi_plugin");
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return found;
}

/* 0 also for what is none of ours. */
static int file_add(struct files *files, const char *path) {
    struct stat st;
    const char *slash = strrchr(path, '/');
    struct file f = {.name = slash ? slash + 1 : path};
    f.kind = kind_of(&f);
    if (f.kind == KIND_NONE || stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
        return 0;
    }
    struct file *grown = reallocarray(files->list, files->count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    files->list = grown;
    f.path = strdup(path);
    if (!f.path) {
        return -ENOMEM;
    }
    f.name = f.path + (f.name - path);
    f.stamp = stamp_of(&st);
    f.plugin = (f.kind == KIND_C || f.kind == KIND_CXX) && says_plugin(path);
    files->list[files->count++] = f;
    return 0;
}

static void files_free(struct files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->list[i].path);
    }
    free(files->list);
}

/* ---- One unit ---- */

/* What stands behind that word in a comment line of the plugin's file. */
static int directive_read(const char *line, const char *word, struct words *into) {
    const char *at = line + strspn(line, " \t");
    if (strncmp(at, "/*", 2) != 0 && strncmp(at, "//", 2) != 0) {
        return 0;
    }
    at += 2 + strspn(at + 2, " \t");
    if (strncmp(at, "socgi:", 6) != 0) {
        return 0;
    }
    at += 6 + strspn(at + 6, " \t");
    size_t length = strlen(word);
    if (strncmp(at, word, length) != 0) {
        return 0;
    }
    const char *end = strstr(at, "*/");
    char *text = strndup(at + length, end ? (size_t)(end - at) - length : strlen(at) - length);
    int error = text ? words_split(into, text) : -ENOMEM;
    free(text);
    return error;
}

static int directives_read(struct unit *u, const char *path) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    int error = 0;
    while (file && !error && getline(&line, &size, file) > 0) {
        error = directive_read(line, "pkg-config ", &u->packages);
        error = error ? error : directive_read(line, "cflags ", &u->flags);
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return error;
}

static void unit_free(struct unit *u) {
    free(u->name);
    free(u->rival);
    words_free(&u->files);
    words_free(&u->flags);
    words_free(&u->packages);
}

/* Takes the unit over. */
static int unit_add(struct units *units, struct unit *u, int error) {
    struct unit *grown = error ? NULL : reallocarray(units->list, units->count + 1, sizeof(*grown));
    if (!grown) {
        unit_free(u);
        return error ? error : -ENOMEM;
    }
    units->list = grown;
    grown[units->count++] = *u;
    return 0;
}

/* `together`: with the other sources beside it. */
static int unit_make(struct units *units, const struct files *files, const struct file *plugin, bool together) {
    struct unit u = {.name = strndup(plugin->name, plugin->stem),
                     .built = plugin->kind == KIND_BUILT,
                     .cxx = plugin->kind == KIND_CXX,
                     .stamp = plugin->stamp};
    int error = u.name ? words_add(&u.files, plugin->path) : -ENOMEM;
    for (size_t i = 0; i < files->count && !error && !u.built; i++) {
        const struct file *f = &files->list[i];
        bool beside = together && f->kind == plugin->kind && !f->plugin;
        if (beside) {
            error = words_add(&u.files, f->path);
        }
        if (beside || f->kind == KIND_HEADER) {
            u.stamp = mix(u.stamp, f->stamp);
        }
    }
    if (!error && !u.built) {
        error = directives_read(&u, plugin->path);
    }
    return unit_add(units, &u, error);
}

/* `below`: it is in a folder of the one that was named; `together`: its sources belong together. */
static int units_make(struct units *units, const struct files *files, bool below, bool together) {
    int error = 0;
    for (size_t i = 0; i < files->count && !error; i++) {
        const struct file *f = &files->list[i];
        bool source = f->kind == KIND_C || f->kind == KIND_CXX;
        if (f->plugin || (source && !together) || (f->kind == KIND_BUILT && !below)) {
            error = unit_make(units, files, f, together);
        }
    }
    return error;
}

/* ---- Folders ---- */

static int folder_find(const char *path, bool below, struct units *units);

static int entry_take(const char *in, const struct dirent *entry, bool deeper, struct files *files,
                      struct units *units) {
    char path[PATH_MAX];
    struct stat st;
    const char *folder = strcmp(in, ".") == 0 ? "" : in; /* for shorter names in messages */
    if (entry->d_name[0] == '.' ||
        (size_t)snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", entry->d_name) >= sizeof(path)) {
        return 0;
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        int error = deeper ? folder_find(path, true, units) : 0;
        return error == -ENOMEM ? error : 0; /* a folder that may not be read holds no plugin of ours */
    }
    return file_add(files, path);
}

/* A folder with a build of its own, as 'socgi new' makes them, is one plugin. */
static bool is_project(const char *folder) {
    char path[PATH_MAX];
    return (size_t)snprintf(path, sizeof(path), "%s/CMakeLists.txt", folder) < sizeof(path) && access(path, F_OK) == 0;
}

/* The order of the folder's entries must not change what is made of them. */
static int folder_find(const char *path, bool below, struct units *units) {
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        return -errno;
    }
    struct files files = {0};
    int error = 0;
    for (int i = 0; i < count; i++) {
        if (!error) {
            error = entry_take(path, entries[i], !below, &files, units);
        }
        free(entries[i]);
    }
    free(entries);
    error = error ? error : units_make(units, &files, below, below || is_project(path));
    files_free(&files);
    return error;
}

static int file_find(const char *path, struct units *units) {
    struct files files = {0};
    int error = file_add(&files, path);
    if (!error && files.count == 1 && files.list[0].kind != KIND_HEADER) {
        error = unit_make(units, &files, &files.list[0], false);
    }
    files_free(&files);
    return error;
}

/* Sources before what is built, so that they are found first. */
static int by_name(const void *a, const void *b) {
    const struct unit *one = a;
    const struct unit *other = b;
    int order = strcmp(one->name, other->name);
    if (order || one->built != other->built) {
        return order ? order : one->built - other->built;
    }
    const char *path = one->files.list[0];
    const char *second = other->files.list[0];
    size_t length = strlen(path);
    size_t least = strlen(second);
    return length != least ? (length < least ? -1 : 1) : strcmp(path, second);
}

/* The first one knows of the second, and is another one for it. */
static void unit_outdo(struct unit *first, const struct unit *second) {
    if (!second->built && !first->rival) {
        first->rival = strdup(second->files.list[0]);
        first->stamp = mix(first->stamp, 1);
    }
}

/* Of those of one name the first stays. */
static void units_unite(struct units *units) {
    size_t kept = 0;
    for (size_t i = 0; i < units->count; i++) {
        if (kept > 0 && strcmp(units->list[kept - 1].name, units->list[i].name) == 0) {
            unit_outdo(&units->list[kept - 1], &units->list[i]);
            unit_free(&units->list[i]);
        } else {
            units->list[kept++] = units->list[i];
        }
    }
    units->count = kept;
}

int units_find(const char *path, struct units *units) {
    struct stat st;
    *units = (struct units){0};
    int error = stat(path, &st) < 0   ? -errno
                : S_ISDIR(st.st_mode) ? folder_find(path, false, units)
                                      : file_find(path, units);
    if (!error && units->count > 0) {
        qsort(units->list, units->count, sizeof(*units->list), by_name);
        units_unite(units);
    }
    if (error) {
        units_free(units);
    }
    return error;
}

const struct unit *units_named(const struct units *units, const char *name) {
    for (size_t i = 0; i < units->count; i++) {
        if (strcmp(units->list[i].name, name) == 0) {
            return &units->list[i];
        }
    }
    return NULL;
}

void units_free(struct units *units) {
    for (size_t i = 0; i < units->count; i++) {
        unit_free(&units->list[i]);
    }
    free(units->list);
    *units = (struct units){0};
}
