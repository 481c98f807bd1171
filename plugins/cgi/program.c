/* Which program a path names. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "links.h"

/* What is no word about the path is a fault, and no absent program. */
static int error_status(const char *path, int error) {
    static const struct {
        int error;
        int status;
    } statuses[] = {
        {ENOENT, 404}, {ENOTDIR, 404}, {ENAMETOOLONG, 404}, {ELOOP, 404},  {EXDEV, 404},
        {EACCES, 403}, {EMFILE, 503},  {ENFILE, 503},       {ENOMEM, 503}, {EAGAIN, 503},
    };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].error == -error) {
            return statuses[i].status;
        }
    }
    socgi_log(SOCGI_LOG_ERROR, "%s: %s", path, strerror(-error));
    return 500;
}

/* Below the root, or where its links lead that are followed. A descriptor, or -errno. */
static int below_open(const struct settings *s, const char *name) {
    struct links_refusal refusal = {0};
    int fd = links_beneath(s->root, name);
    if (fd != -EXDEV) {
        return fd;
    }
    if (s->links == LINKS_NONE) {
        socgi_log(SOCGI_LOG_NOTICE, "%s/%s leads out of the root: links = none does not follow it", s->path, name);
        return fd;
    }
    fd = links_follow(s->root, name, s->links == LINKS_OWNER ? &refusal : NULL);
    if (fd == -EPERM && s->links == LINKS_OWNER) {
        socgi_log(SOCGI_LOG_NOTICE,
                  "%s/%s leads out of the root by a link of user %u to what is user %u's: links = owner does not "
                  "follow it",
                  s->path, name, refusal.link, refusal.target);
        return -EXDEV;
    }
    return fd;
}

static const char *interpreter_of(const struct settings *s, const char *name) {
    size_t length = strlen(name);
    for (const struct pair *p = s->interpreters; p->key; p++) {
        if (length > p->length && strncmp(name + length - p->length, p->key, p->length) == 0) {
            return p->value;
        }
    }
    return NULL;
}

/* Where the descriptor leads, without links: it is that file which is run. */
static int path_learn(const struct socgi_request *req, int fd, struct program *program) {
    char link[64];
    char path[PATH_MAX];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path));
    if (length <= 0 || length == sizeof(path)) {
        return 500;
    }
    const char *slash = strrchr(program->asked, '/');
    program->path = socgi_format(req, "%.*s", (int)length, path);
    program->folder =
        socgi_format(req, "%.*s", slash > program->asked ? (int)(slash - program->asked) : 1, program->asked);
    return program->path && program->folder ? 0 : 500;
}

/* 0: it is the program; 1: a folder, look further; else the status. */
static int file_look(const struct socgi_request *req, const struct settings *s, int fd, struct program *program) {
    struct stat st;
    if (fd < 0) {
        return error_status(program->asked, fd);
    }
    int status = fstat(fd, &st) < 0 ? 500 : S_ISDIR(st.st_mode) ? 1 : S_ISREG(st.st_mode) ? 0 : 404;
    if (status == 0) {
        status = path_learn(req, fd, program);
        program->interpreter = interpreter_of(s, program->name);
    }
    if (status == 0 && access(program->path, program->interpreter ? R_OK : X_OK) < 0) {
        status = 403;
    }
    close(fd);
    return status;
}

static int prefix_look(const struct socgi_request *req, const struct settings *s, struct program *program) {
    program->asked = program->name ? socgi_format(req, "%s/%s", s->path, program->name) : NULL;
    return program->asked ? file_look(req, s, below_open(s, program->name), program) : 500;
}

static int below_find(const struct socgi_request *req, const struct settings *s, struct program *program) {
    const char *path = socgi_path_info(req);
    for (const char *at = path; *at;) {
        const char *name = at + strspn(at, "/");
        size_t length = strcspn(name, "/");
        if (length == 0 || *name == '.') {
            return 404; /* a folder itself, or something hidden */
        }
        at = name + length;
        program->name = socgi_format(req, "%.*s", (int)(at - path - 1), path + 1);
        int status = prefix_look(req, s, program);
        if (status != 1) {
            program->length = strlen(socgi_route(req)) + (size_t)(at - path);
            return status;
        }
    }
    return 404;
}

/* The front of the longest path that is a prefix of the request's on a segment's boundary. */
static const struct pair *front_of(const struct settings *s, const char *path, size_t *length) {
    const struct pair *found = NULL;
    for (const struct pair *p = s->fronts; p->key; p++) {
        size_t own = p->length - (p->key[p->length - 1] == '/');
        if (strncmp(path, p->key, own) == 0 && (!path[own] || path[own] == '/') && (!found || own >= *length)) {
            found = p;
            *length = own;
        }
    }
    return found;
}

/* The configuration names it: there are no links to be asked about. */
static int front_look(const struct socgi_request *req, const struct settings *s, struct program *program) {
    if (program->name[0] != '/' && s->root < 0) {
        return 404;
    }
    program->asked = program->name[0] == '/' ? program->name : socgi_format(req, "%s/%s", s->path, program->name);
    if (!program->asked) {
        return 500;
    }
    int fd = open(program->asked, O_PATH | O_CLOEXEC);
    int status = file_look(req, s, fd < 0 ? -errno : fd, program);
    return status == 1 ? 404 : status;
}

int program_find(const struct socgi_request *req, const struct settings *s, struct program *program) {
    const struct pair *front = front_of(s, socgi_path(req), &program->length);
    if (front) {
        program->name = front->value;
        return front_look(req, s, program);
    }
    return s->root < 0 ? 404 : below_find(req, s, program);
}
