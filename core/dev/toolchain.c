/* The system's compiler. */
#include "dev/toolchain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/self.h"
#include "config/complaint.h"
#include "dev/program.h"
#include "dev/trial.h"

/* ---- The SDK ---- */

static const char *const includes[] = {SOCGI_INCLUDEDIR_RELATIVE, "include"};

int toolchain_find(struct toolchain *toolchain, enum goal goal) {
    char program[PATH_MAX];
    char path[PATH_MAX + sizeof(SOCGI_INCLUDEDIR_RELATIVE) + 32];
    int folder = (int)self_find(program);
    *toolchain = (struct toolchain){.goal = goal, .stop = PROGRAM_NEVER};
    for (size_t i = 0; folder > 0 && i < sizeof(includes) / sizeof(includes[0]); i++) {
        snprintf(path, sizeof(path), "%.*s/%s/socgi/plugin.h", folder, program, includes[i]);
        if (access(path, R_OK) == 0) {
            snprintf(path, sizeof(path), "%.*s/%s", folder, program, includes[i]);
            toolchain->include = realpath(path, NULL);
            return toolchain->include ? 0 : -errno;
        }
    }
    complaint("socgi: found no socgi/plugin.h beside the program, expected it in %s from there; install socgi-dev, or "
              "all of socgi",
              includes[0]);
    return -ENOENT;
}

void toolchain_free(struct toolchain *toolchain) {
    free(toolchain->include);
    toolchain->include = NULL;
}

const char *toolchain_verdict(int status) {
    static const char *const names[] = {[TOOLCHAIN_WRONG] = "does not compile",
                                        [TOOLCHAIN_LACKING] = "cannot be compiled here",
                                        [TOOLCHAIN_UNLOADABLE] = "cannot be loaded"};
    bool known = status >= TOOLCHAIN_WRONG && status <= TOOLCHAIN_UNLOADABLE;
    return known ? names[status] : "could not be compiled";
}

/* ---- The command line ---- */

static const char *const always[] = {
    "-shared", "-fPIC", "-g", "-Wall", "-Wextra", "-fvisibility=hidden", "-fno-omit-frame-pointer"};

/* What C allows for the sake of programs of its first years, and what is a mistake in a plugin. */
static const char *const strict[] = {"-Werror=implicit-function-declaration", "-Werror=int-conversion",
                                     "-Werror=incompatible-pointer-types"};

static int options_add(struct words *command, const char *const *options, size_t count) {
    int error = 0;
    for (size_t i = 0; i < count && !error; i++) {
        error = words_add(command, options[i]);
    }
    return error;
}

static int environment_add(struct words *command, const char *name) {
    return words_split(command, getenv(name));
}

static int packages_add(const struct toolchain *t, struct words *command, const struct unit *unit,
                        struct buffer *said) {
    struct words ask = {0};
    struct buffer flags = {0};
    int error = unit->packages.count > 0 ? words_split(&ask, "pkg-config --cflags --libs") : 0;
    for (size_t i = 0; i < unit->packages.count && !error; i++) {
        error = words_add(&ask, unit->packages.list[i]);
    }
    if (!error && ask.count > 0) {
        error = program_run(&ask, t->stop, &flags);
        error = error == 0 ? words_split(command, flags.data) : error;
    }
    if (error && error != -EINTR) {
        (void)buffer_format(said, "%s%s: %s needs it. Install the package that brings it, on Debian %s\n",
                            flags.data ? flags.data : "", error == -ENOENT ? "There is no pkg-config" : "pkg-config",
                            unit->files.list[0], error == -ENOENT ? "pkg-config" : "often libNAME-dev");
        error = TOOLCHAIN_LACKING;
    }
    words_free(&ask);
    buffer_free(&flags);
    return error;
}

/* A file's name must not become an option, or one of a file of options. */
static int file_add(struct words *command, const char *path) {
    char *plain = NULL;
    if ((*path == '-' || *path == '@') && asprintf(&plain, "./%s", path) < 0) {
        return -ENOMEM;
    }
    int error = words_add(command, plain ? plain : path);
    free(plain);
    return error;
}

static int command_make(const struct toolchain *t, const struct unit *unit, const char *out, struct words *command,
                        struct buffer *said) {
    const char *compiler = getenv(unit->cxx ? "CXX" : "CC");
    int error = words_split(command, compiler && *compiler ? compiler : unit->cxx ? "c++" : "cc");
    error = error ? error : options_add(command, always, sizeof(always) / sizeof(always[0]));
    if (!error && !unit->cxx) {
        error = options_add(command, strict, sizeof(strict) / sizeof(strict[0]));
    }
    error = error ? error : words_add(command, t->goal == GOAL_RELEASE ? "-O2" : "-Og");
    error = error ? error : words_add(command, "-isystem");
    error = error ? error : words_add(command, t->include);
    error = error ? error : environment_add(command, unit->cxx ? "CXXFLAGS" : "CFLAGS");
    for (size_t i = 0; i < unit->files.count && !error; i++) {
        error = file_add(command, unit->files.list[i]);
    }
    for (size_t i = 0; i < unit->flags.count && !error; i++) {
        error = words_add(command, unit->flags.list[i]);
    }
    error = error ? error : packages_add(t, command, unit, said);
    error = error ? error : environment_add(command, "LDFLAGS");
    error = error ? error : words_add(command, "-o");
    return error ? error : words_add(command, out);
}

static int compile(const struct toolchain *t, const struct unit *unit, const char *out, struct buffer *said) {
    struct words command = {0};
    int status = command_make(t, unit, out, &command, said);
    if (status == 0) {
        status = program_run(&command, t->stop, said);
        if (status == -ENOENT) {
            (void)buffer_format(said, "%s: not found; install a compiler (on Debian: apt-get install %s libc6-dev)\n",
                                command.list[0], unit->cxx ? "g++" : "gcc");
        }
        status = status == -ENOENT ? TOOLCHAIN_LACKING : status > 0 ? TOOLCHAIN_WRONG : status;
    }
    words_free(&command);
    return status;
}

/* What is built already is copied. */
static int copy(const char *from, const char *to) {
    enum { STEP = 1 << 30 };
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    int error = out < 0 ? -errno : 0;
    off_t offset = 0;
    for (ssize_t n = 1; n > 0 && !error;) {
        n = fd_copy(out, in, &offset, STEP);
        error = n < 0 ? -errno : 0;
    }
    fd_close(&in);
    fd_close(&out);
    return error;
}

int toolchain_make(const struct toolchain *t, const struct unit *unit, const char *folder, struct buffer *said) {
    char *made = NULL;
    char *path = NULL;
    int status = asprintf(&made, "%s/.%s.so.%d", folder, unit->name, (int)getpid()) < 0 ||
                         asprintf(&path, "%s/%s.so", folder, unit->name) < 0
                     ? -ENOMEM
                     : 0;
    if (!status) {
        status = unit->built ? copy(unit->files.list[0], made) : compile(t, unit, made, said);
        if (!status && t->goal == GOAL_RELEASE) {
            status = trial_load(made, unit->name, said);
        }
        if (!status && rename(made, path) < 0) {
            status = -errno;
        }
        if (status) {
            unlink(made);
        }
    }
    free(made);
    free(path);
    return status;
}
