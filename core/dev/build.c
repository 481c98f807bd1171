/* socgi build: compiles plugins, and nothing else. */
#include "dev/dev.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/arguments.h"
#include "config/complaint.h"
#include "dev/toolchain.h"
#include "dev/unit.h"

static const char help[] = "Usage: socgi build [-o FOLDER] [FOLDER | FILE.c ...]\n"
                           "\n"
                           "Compiles plugins with the system's compiler, optimised, and tries to load them.\n"
                           "Each source of the folder (default: the current one) is a plugin, named by its\n"
                           "file; in a folder in it, or one with a CMakeLists.txt, the sources belong to the\n"
                           "one that says SOCGI_PLUGIN. NAME_test.c does not count.\n"
                           "\n"
                           "  -o, --output FOLDER   where NAME.so goes, in one step, so that it may be the\n"
                           "                        plugin folder of a running server; default: the current\n"
                           "  -h, --help            this text\n"
                           "\n"
                           "A plugin's file may say what it needs, in lines of its own:\n"
                           "  /* socgi: pkg-config sqlite3 */\n"
                           "  /* socgi: cflags -DLIMIT=3 -lm */\n"
                           "CC, CXX, CFLAGS, CXXFLAGS and LDFLAGS are honoured. While you write: socgi dev.\n";

/* How many do not compile; what the compiler says goes to stderr. */
static int units_build(const struct toolchain *t, const struct units *units, const char *folder) {
    int failed = 0;
    for (size_t i = 0; i < units->count; i++) {
        const struct unit *u = &units->list[i];
        struct buffer said = {0};
        if (u->built) {
            continue;
        }
        if (u->rival) {
            complaint("socgi build: %s is left out: %s is named %s, too", u->rival, u->files.list[0], u->name);
        }
        int status = toolchain_make(t, u, folder, &said);
        fputs(said.data ? said.data : "", stderr);
        buffer_free(&said);
        if (status < 0) {
            complaint("socgi build: %s/%s.so: %s", folder, u->name, strerror(-status));
        } else if (status > 0) {
            complaint("socgi build: %s %s", u->files.list[0], toolchain_verdict(status));
        } else {
            printf("%s/%s.so\n", folder, u->name);
        }
        failed += status != 0;
    }
    return failed;
}

static int path_build(const struct toolchain *t, const char *path, const char *folder) {
    struct units units;
    int error = units_find(path, &units);
    if (error) {
        complaint("socgi build: %s: %s", path, strerror(-error));
        return EXIT_FAILURE;
    }
    size_t sources = 0;
    for (size_t i = 0; i < units.count; i++) {
        sources += !units.list[i].built;
    }
    if (sources == 0) {
        complaint(
            "socgi build: %s: found no source of a plugin, expected one (.c, .cc, .cpp, .cxx) with SOCGI_PLUGIN(...);"
            " 'socgi new NAME' makes one to begin with",
            path);
    }
    int failed = units_build(t, &units, folder);
    units_free(&units);
    return failed > 0 || sources == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int folder_check(const char *folder) {
    struct stat st;
    int error = stat(folder, &st) < 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    if (!error && access(folder, W_OK | X_OK) < 0) {
        error = errno;
    }
    if (error) {
        complaint("socgi build: --output: found \"%s\" (%s), expected a folder that can be written", folder,
                  strerror(error));
    }
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

int build_main(int argc, char **argv) {
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *folder = ".";
    for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help, stdout);
            return arguments_printed();
        }
        if (c != 'o') {
            return arguments_usage("socgi build");
        }
        folder = optarg;
    }
    struct toolchain toolchain;
    if (folder_check(folder) || toolchain_find(&toolchain, GOAL_RELEASE)) {
        return EXIT_FAILURE;
    }
    int status = optind == argc ? path_build(&toolchain, ".", folder) : EXIT_SUCCESS;
    for (int i = optind; i < argc; i++) {
        if (path_build(&toolchain, argv[i], folder)) {
            status = EXIT_FAILURE;
        }
    }
    toolchain_free(&toolchain);
    return status ? status : arguments_printed();
}
