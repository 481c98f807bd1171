/* socgi new: makes a folder with a plugin to start from. */
#include "dev/dev.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/self.h"
#include "command/arguments.h"
#include "config/complaint.h"
#include "dev/template.h"

#define NAME_EXPECTED "a letter, then letters, digits, \"-\" and \"_\", at most 64 in all"
enum { NAME_LENGTH = 64 }; /* of socgi_plugin.name, which the file's name is */

static const struct {
    const char *name;
    const char *about;
} templates[] = {
    {"hello", "greets the one whom a query parameter names, as text"},
    {"form", "an HTML form: checks each field, escapes, redirects after POST"},
    {"json", "reads a JSON body by Jansson, answers JSON; 415, 400 and 422"},
    {"upload", "files from a form, multipart/form-data, checked and listed"},
    {"sqlite", "notes in an SQLite database, by prepared statements"},
};

enum { TEMPLATES = sizeof(templates) / sizeof(templates[0]) };

static const char help_begin[] = "Usage: socgi new NAME [--template TEMPLATE]\n"
                                 "\n"
                                 "Makes the folder NAME with a plugin that serves /NAME: its handler NAME.c, its\n"
                                 "test NAME_test.c, CMakeLists.txt, CMakePresets.json, README.md, .gitignore.\n"
                                 "NAME begins with a letter and is of letters, digits, '-' and '_'.\n"
                                 "\n"
                                 "  -t, --template TEMPLATE   what it starts from; default: hello\n";
static const char help_end[] = "      --template list       these lines\n"
                               "  -h, --help                this text\n";

static const struct option long_options[] = {
    {"template", required_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* Targets of CMake's own, or that the package of socgi links: a plugin's target cannot have their names. */
static const char *const reserved[] = {
    "all",       "ALL_BUILD",   "clean",          "CMakeFiles", "edit_cache",
    "help",      "http_parser", "install",        "INSTALL",    "list_install_components",
    "package",   "PACKAGE",     "package_source", "preinstall", "rebuild_cache",
    "RUN_TESTS", "test",        "ZERO_CHECK",
};

static void templates_print(const char *indent) {
    for (size_t i = 0; i < TEMPLATES; i++) {
        printf("%s%-8s %s\n", indent, templates[i].name, templates[i].about);
    }
}

static void help_print(void) {
    fputs(help_begin, stdout);
    templates_print("        ");
    fputs(help_end, stdout);
}

static bool template_is(const char *name) {
    for (size_t i = 0; i < TEMPLATES; i++) {
        if (strcmp(templates[i].name, name) == 0) {
            return true;
        }
    }
    complaint("socgi new: --template: found \"%s\", expected one of those that 'socgi new --template list' shows",
              name);
    return false;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* By bytes, so that no locale brings in letters that a route or a target of CMake must not have. */
static bool name_is_formed(const char *name) {
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return isalpha((unsigned char)name[0]) && name[length] == '\0' && length <= NAME_LENGTH;
}

static bool name_is_valid(const char *name) {
    if (!name_is_formed(name)) {
        complaint("socgi new: found the name \"%s\", expected " NAME_EXPECTED, name);
        return false;
    }
    if (ends_with(name, "_test")) {
        complaint("socgi new: found the name \"%s\", expected one without \"_test\" at its end, which marks test files",
                  name);
        return false;
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(reserved[i], name) == 0) {
            complaint("socgi new: found the name \"%s\", which CMake uses itself; take another, as my-%s", name, name);
            return false;
        }
    }
    return true;
}

/* One of ARGUMENTS_*; with ARGUMENTS_FINE, a name and a template that there is. */
static int options_read(int argc, char **argv, const char **template, const char **name) {
    *template = templates[0].name;
    for (int c; (c = getopt_long(argc, argv, "t:h", long_options, NULL)) != -1;) {
        switch (c) {
        case 't':
            *template = optarg;
            break;
        case 'h':
            help_print();
            return ARGUMENTS_DONE;
        default:
            return arguments_usage("socgi new");
        }
    }
    if (strcmp(*template, "list") == 0) {
        templates_print("");
        return ARGUMENTS_DONE;
    }
    if (optind != argc - 1) {
        complaint("socgi new: found %d names, expected one", argc - optind);
        return arguments_usage("socgi new");
    }
    *name = argv[optind];
    return name_is_valid(*name) && template_is(*template) ? ARGUMENTS_FINE : ARGUMENTS_WRONG;
}

static bool path_has(const char *folder, size_t length) {
    const char *path = getenv("PATH");
    while (path) {
        size_t part = strcspn(path, ":");
        if (part == length && strncmp(path, folder, length) == 0) {
            return true;
        }
        path = path[part] ? path + part + 1 : NULL;
    }
    return false;
}

/* CMake looks for packages beside the folders of PATH; where this program is in none of them, it has to be told. */
static void next_print(const char *name) {
    char program[PATH_MAX];
    size_t folder = self_find(program);
    if (folder == 0 || path_has(program, folder)) {
        printf("cd %s\nsocgi dev .\ncmake --workflow --preset test\n", name);
        return;
    }
    const char *up = memrchr(program, '/', folder);
    printf("cd %s\n%s dev .\nCMAKE_PREFIX_PATH=%.*s cmake --workflow --preset test\n", name, program,
           (int)(up - program), program);
}

static int make(const char *template, const char *name) {
    int error = template_make(template, name);
    if (error == -EEXIST) {
        complaint("socgi new: found a file or folder \"%s\" here, expected none; take another name, or move it away",
                  name);
    } else if (error) {
        complaint("socgi new: %s: %s; nothing was made", name, strerror(-error));
    } else {
        next_print(name);
    }
    return error ? ARGUMENTS_WRONG : ARGUMENTS_FINE;
}

int new_main(int argc, char **argv) {
    const char *template = NULL;
    const char *name = NULL;
    int status = options_read(argc, argv, &template, &name);
    if (status == ARGUMENTS_FINE) {
        status = make(template, name);
    }
    return status == ARGUMENTS_FINE || status == ARGUMENTS_DONE ? arguments_printed() : status;
}
