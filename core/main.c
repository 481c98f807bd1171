/*
 * The command line: makes the configuration and becomes the master, or, started by one, a worker. Exit status: that of
 * either; 1 for a value that is wrong, 2 for a command line that cannot be understood.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/form.h"
#include "config/schema.h"
#include "master/master.h"
#include "wire/heritage.h"
#include "worker/worker.h"

#include <socgi/plugin.h>

enum { EXIT_USAGE = 2 };

static const char help[] = "Usage: socgi [OPTIONS] [PLUGIN-FOLDER]   serve the plugins of the folder\n"
                           "       socgi check [OPTIONS]             check the configuration, start nothing\n"
                           "\n"
                           "  -c, --config FILE              read this configuration first\n"
                           "  -l, --listen ADDRESS           HOST:PORT, [IPV6]:PORT, :PORT or unix:/path;\n"
                           "                                 may be repeated; default 127.0.0.1:8080\n"
                           "  -w, --workers N                worker processes; default: processors, >= 4\n"
                           "  -s, --set NAME=VALUE           any option of the configuration, as\n"
                           "                                 handler_timeout=5s; \"--set help\" lists them\n"
                           "  -o, --option PLUGIN.NAME=VALUE an option of a plugin, as file.root=/srv/www\n"
                           "  -h, --help                     this text\n"
                           "  -V, --version                  version and plugin ABI\n"
                           "\n"
                           "Signals: TERM and INT end at once, QUIT finishes what has begun.\n"
                           "See socgi(1) and socgi.conf(5).\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},  {"listen", required_argument, NULL, 'l'},
    {"workers", required_argument, NULL, 'w'}, {"set", required_argument, NULL, 's'},
    {"option", required_argument, NULL, 'o'},  {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},       {0},
};
#if defined(__clang__)
static const char compiler[] = __VERSION__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static const char short_options[] = "c:l:w:s:o:hV";

/* What has been done instead of serving; an exit status cannot be that. */
enum { DONE = -1 };

static int usage_error(void) {
    fprintf(stderr, "Try 'socgi --help'.\n");
    return EXIT_USAGE;
}

static int form_error(const char *option, const char *found, const char *expected) {
    fprintf(stderr, "socgi: %s: found \"%s\", expected %s\n", option, found, expected);
    return usage_error();
}

static int table_print(const struct setting *table) {
    for (const struct setting *s = table; s->name; s++) {
        printf("  %-20s %-15s %s\n", s->name, s->fallback ? s->fallback : "-", s->help);
    }
    return DONE;
}

static int options_print(void) {
    printf("Options of the configuration, their defaults and meaning:\n");
    table_print(settings);
    printf("In a section plugin \"NAME\" { }, beside options { NAME = VALUE }:\n");
    return table_print(plugin_settings);
}

static int memory_error(void) {
    fprintf(stderr, "socgi: %s\n", strerror(ENOMEM));
    return EXIT_FAILURE;
}

static int set_text(struct config *config, const char *option, const char *name, const char *value) {
    char expected[SETTING_EXPECTED];
    const struct setting *s = setting_find(settings, name);
    if (!s) {
        fprintf(stderr, "socgi: %s: there is no option \"%s\"; 'socgi --set help' lists them\n", option, name);
        return EXIT_FAILURE;
    }
    if (s->kind == SETTING_LISTEN) {
        config_listen_clear(config);
    }
    int error = setting_set(config, s, value, NULL, expected);
    if (error == -ENOMEM) {
        return memory_error();
    }
    if (error) {
        fprintf(stderr, "socgi: %s: %s: found \"%s\", expected %s\n", option, name, value, expected);
        return EXIT_FAILURE;
    }
    return 0;
}

/* NAME=VALUE, cut in two in place; NULL: there is no '='. */
static char *value_split(char *text) {
    char *equals = strchr(text, '=');
    if (equals) {
        *equals = '\0';
        return equals + 1;
    }
    return NULL;
}

static int take_set(struct config *config, char *text) {
    if (strcmp(text, "help") == 0) {
        return options_print();
    }
    char *value = value_split(text);
    if (!value) {
        return form_error("--set", text, "NAME=VALUE");
    }
    return set_text(config, "--set", text, value);
}

static int take_option(struct config *config, char *text) {
    char *value = value_split(text);
    char *dot = strrchr(text, '.');
    if (!value || !dot || dot == text || !dot[1]) {
        return form_error("--option", text, "PLUGIN.NAME=VALUE");
    }
    *dot = '\0';
    int error = config_option_set(config, text, dot + 1, value);
    if (error == -EINVAL) {
        return form_error("--option", text, "a plugin's name, of " PLUGIN_NAME_EXPECTED);
    }
    return error ? memory_error() : 0;
}

static int take_listen(struct config *config, const char *text, bool *first) {
    if (*first) {
        config_listen_clear(config);
        *first = false;
    }
    if (config_listen_add(config, text)) {
        fprintf(stderr, "socgi: --listen: found \"%s\", expected " LISTEN_EXPECTED "\n", text);
        return EXIT_FAILURE;
    }
    return 0;
}

/* The file first, so that the command line has the last word whatever its order. */
static int take_files(struct config *config, int argc, char **argv, const char **file) {
    int status = 0;
    opterr = 0;
    optind = 1;
    for (int c; !status && (c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1;) {
        if (c == 'c') {
            *file = optarg;
            status = config_read(config, optarg) ? EXIT_FAILURE : 0;
        }
    }
    return status;
}

/* 0: go on; DONE; else the exit status. */
static int take_options(struct config *config, int argc, char **argv) {
    bool first_listen = true;
    int status = 0;
    opterr = 1;
    optind = 1;
    for (int c; !status && (c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            break;
        case 'l':
            status = take_listen(config, optarg, &first_listen);
            break;
        case 'w':
            status = set_text(config, "--workers", "workers", optarg);
            break;
        case 's':
            status = take_set(config, optarg);
            break;
        case 'o':
            status = take_option(config, optarg);
            break;
        case 'h':
            fputs(help, stdout);
            return DONE;
        case 'V':
            printf("socgi %s, plugin ABI %d.%d, built with %s\n", SOCGI_VERSION, SOCGI_ABI_MAJOR, SOCGI_ABI_MINOR,
                   compiler);
            return DONE;
        default:
            return usage_error();
        }
    }
    return status;
}

static int take_folder(struct config *config, int argc, char **argv) {
    if (optind < argc - 1) {
        fprintf(stderr, "socgi: found \"%s\", expected one plugin folder at most\n", argv[optind + 1]);
        return usage_error();
    }
    return optind < argc ? set_text(config, "PLUGIN-FOLDER", "plugin_folder", argv[optind]) : 0;
}

static int run(struct config *config, int argc, char **argv, bool check) {
    const char *file = NULL;
    int status = config_defaults(config) ? memory_error() : 0;
    if (!status) {
        status = take_files(config, argc, argv, &file);
    }
    if (!status) {
        status = take_options(config, argc, argv);
    }
    if (!status) {
        status = take_folder(config, argc, argv);
    }
    if (!status) {
        status = config_check(config) ? EXIT_FAILURE : 0;
    }
    if (!status && check) {
        printf("%s: ok\n", file ? file : "configuration");
        status = DONE;
    }
    if (status == DONE) {
        return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS; /* a full disk must not look like an answer */
    }
    return status ? status : master_main(config);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], HERITAGE_COMMAND) == 0) {
        return worker_main((pid_t)strtol(argv[2], NULL, 10));
    }
    struct config config;
    bool check = argc > 1 && strcmp(argv[1], "check") == 0;
    if (check) {
        argv[1] = argv[0];
    }
    int status = run(&config, check ? argc - 1 : argc, check ? argv + 1 : argv, check);
    config_free(&config);
    return status;
}
