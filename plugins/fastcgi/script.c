/* Which script a path names. The kernel keeps paths below the root: openat2(2), RESOLVE_BENEATH. */
#include "script.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

size_t script_split(const char *path, const char *split) {
    size_t length = strlen(split);
    for (const char *at = path; *at;) {
        at += strspn(at, "/");
        const char *segment = at;
        at += strcspn(at, "/");
        if ((size_t)(at - segment) > length && memcmp(at - length, split, length) == 0) {
            return (size_t)(at - path);
        }
    }
    return 0;
}

int script_hidden(const char *path) {
    return strstr(path, "/.") != NULL;
}

enum kind { KIND_NONE, KIND_FILE, KIND_FOLDER };

/* What is there; where it is not looked at, what its name says. */
static enum kind place_look(const struct settings *s, const char *path, enum kind said) {
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    struct stat st;
    if (s->root < 0) {
        return said;
    }
    const char *below = path + strspn(path, "/");
    int fd = (int)syscall(SYS_openat2, s->root, *below ? below : ".", &how, sizeof(how));
    if (fd < 0) {
        return KIND_NONE;
    }
    int failed = fstat(fd, &st);
    close(fd);
    return failed ? KIND_NONE : S_ISDIR(st.st_mode) ? KIND_FOLDER : S_ISREG(st.st_mode) ? KIND_FILE : KIND_NONE;
}

/* That of the folder's index, if it has one. 0: it has; 1: not. */
static int index_find(const struct socgi_request *req, const struct settings *s, const char *path,
                      struct script *script) {
    size_t length = strlen(path);
    bool slash = length > 0 && path[length - 1] == '/';
    enum kind said = length == 0 || slash ? KIND_FOLDER : KIND_NONE;
    if (!*s->index || place_look(s, path, said) != KIND_FOLDER) {
        return 1;
    }
    script->name = socgi_format(req, "%s%s%s", path, slash ? "" : "/", s->index);
    if (!script->name) {
        return 500;
    }
    if (place_look(s, script->name, KIND_FILE) != KIND_FILE) {
        return 1;
    }
    return slash ? 0 : 308;
}

/* What is hidden is for the front script alone. */
static int name_find(const struct socgi_request *req, const struct settings *s, const char *path,
                     struct script *script) {
    size_t length = script_split(path, s->split);
    int status = 1;
    script->info = "";
    if (script_hidden(path)) {
        length = 0;
    } else if (length == 0) {
        status = index_find(req, s, path, script);
    }
    script->name = length > 0 ? socgi_format(req, "%.*s", (int)length, path) : script->name;
    if (length > 0 && !script->name) {
        return 500;
    }
    if (length > 0 && place_look(s, script->name, KIND_FILE) == KIND_FILE) {
        script->info = path + length;
        return 0;
    }
    if (status == 1) {
        script->name = s->front;
        status = *s->front ? 0 : 404;
    }
    return status;
}

int script_find(const struct socgi_request *req, const struct settings *s, const char *path, struct script *script) {
    if (!*s->split) {
        *script = (struct script){.name = "", .info = path, .filename = s->path};
        return 0;
    }
    if (!s->path) {
        return 404;
    }
    int status = name_find(req, s, path, script);
    script->filename = status == 0 ? socgi_format(req, "%s%s", s->path, script->name) : NULL;
    return status == 0 && !script->filename ? 500 : status;
}
