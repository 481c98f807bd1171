/* Which program a path names. The kernel keeps paths below the root: openat2(2), RESOLVE_BENEATH. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NPH "nph-"

static int open_beneath(int root, const char *path) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

int program_refused(void) {
    bool refused = syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno != EINVAL; /* which is what these arguments are */
    return refused ? -errno : 0;
}

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
        if (statuses[i].error == error) {
            return statuses[i].status;
        }
    }
    socgi_log(SOCGI_LOG_ERROR, "%s: %s", path, strerror(error));
    return 500;
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
    const char *slash = memrchr(path, '/', (size_t)length);
    program->path = socgi_format(req, "%.*s", (int)length, path);
    program->folder = slash ? socgi_format(req, "%.*s", (int)(slash - path), path) : NULL;
    return program->path && program->folder ? 0 : 500;
}

/* 0: it is the program; 1: a folder, look further; else the status. */
static int prefix_look(const struct socgi_request *req, const struct settings *s, const char *prefix,
                       struct program *program) {
    struct stat st;
    int fd = open_beneath(s->root, prefix);
    if (fd < 0) {
        return error_status(prefix, errno);
    }
    int status = fstat(fd, &st) < 0 ? 500 : S_ISDIR(st.st_mode) ? 1 : S_ISREG(st.st_mode) ? 0 : 404;
    if (status == 0) {
        status = path_learn(req, fd, program);
    }
    if (status == 0 && access(program->path, X_OK) < 0) {
        status = 403;
    }
    close(fd);
    return status;
}

int program_find(const struct socgi_request *req, const struct settings *s, const char *path, struct program *program) {
    for (const char *at = path; *at;) {
        const char *name = at + strspn(at, "/");
        size_t length = strcspn(name, "/");
        if (length == 0 || *name == '.') {
            return 404; /* a folder itself, or something hidden */
        }
        at = name + length;
        const char *prefix = socgi_format(req, "%.*s", (int)(at - path - 1), path + 1);
        int status = prefix ? prefix_look(req, s, prefix, program) : 500;
        if (status == 0) {
            program->length = (size_t)(at - path);
            return strncmp(name, NPH, strlen(NPH)) == 0 ? 501 : 0;
        }
        if (status != 1) {
            return status;
        }
    }
    return 404;
}
