/* The command line of the server as a configuration. */
#include "command/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/enforced.h"
#include "command/plugins.h"
#include "config/complaint.h"
#include "config/file.h"
#include "config/form.h"
#include "config/reference.h"
#include "config/schema.h"

#include <socgi/plugin.h>

static const char help[] = "Usage: socgi [OPTIONS] [PLUGIN-FOLDER]         serve the plugins of the folder\n"
                           "       socgi new NAME [--template TEMPLATE]    make a plugin to start from\n"
                           "       socgi dev | build [--help]              write and compile plugins\n"
                           "       socgi check [OPTIONS] [PLUGIN-FOLDER]   check the configuration only\n"
                           "       socgi status | reload | upgrade | reopen | stop | purge [--help]\n"
                           "                                               talk to a server that runs\n"
                           "       socgi replay REQUEST-FILE [OPTIONS]     run an incident once more\n"
                           "\n"
                           "  -c, --config FILE              read this configuration first\n"
                           "  -l, --listen ADDRESS           HOST:PORT, [IPV6]:PORT, :PORT or unix:/path;\n"
                           "                                 may be repeated; default 127.0.0.1:8080\n"
                           "  -w, --workers N                worker processes; default: processors, >= 4\n"
                           "  -s, --set NAME=VALUE           any option of the configuration, as\n"
                           "                                 handler_timeout=5s; \"--set help\" lists them\n"
                           "  -o, --option PLUGIN.NAME=VALUE an option of a plugin, as file.root=/srv/www\n"
                           "      --help-options             every option, its default and what it does\n"
                           "  -h, --help                     this text\n"
                           "  -V, --version                  version and plugin ABI\n"
                           "\n"
                           "Signals: TERM, INT end at once, QUIT finishes what has begun, HUP reloads,\n"
                           "USR1 opens the logs anew, USR2 upgrades. See socgi(1) and socgi.conf(5).\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"listen", required_argument, NULL, 'l'},
    {"workers", required_argument, NULL, 'w'},
    {"set", required_argument, NULL, 's'},
    {"option", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"help-options", no_argument, NULL, 'H'},
    {0},
};
#if defined(__clang__)
static const char compiler[] = __VERSION__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static const char short_options[] = "c:l:w:s:o:hV";

int arguments_usage(const char *command) {
    complaint("Try '%s --help'.", command);
    return ARGUMENTS_USAGE;
}

int arguments_printed(void) {
    return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int form_error(const char *option, const char *found, const char *expected) {
    complaint("socgi: %s: found \"%s\", expected %s", option, found, expected);
    return arguments_usage("socgi");
}

static int table_print(const struct setting *table) {
    for (const struct setting *s = table; s->name; s++) {
        printf("  %-20s %-15s %s\n", s->name, s->fallback && s->fallback[0] ? s->fallback : "-", s->help);
    }
    return ARGUMENTS_DONE;
}

static int options_print(void) {
    printf("Options of the configuration, their defaults and meaning:\n");
    table_print(settings);
    printf("In a section plugin \"NAME\" { }, beside options { NAME = VALUE }:\n");
    table_print(plugin_settings);
    printf("In a section pool \"NAME\" { }, where what is not set is as above:\n");
    return table_print(pool_settings);
}

static int memory_error(void) {
    complaint("socgi: %s", strerror(ENOMEM));
    return ARGUMENTS_WRONG;
}

static int set_text(struct config *config, const char *option, const char *name, const char *value) {
    char expected[SETTING_EXPECTED];
    const struct setting *s = setting_find(settings, name);
    if (!s) {
        complaint("socgi: %s: there is no option \"%s\"; 'socgi --set help' lists them", option, name);
        return ARGUMENTS_WRONG;
    }
    setting_clear(config, s);
    int error = setting_set(config, s, value, NULL, expected);
    if (error == -ENOMEM) {
        return memory_error();
    }
    if (error) {
        complaint("socgi: %s: %s: found \"%s\", expected %s", option, name, value, expected);
        return ARGUMENTS_WRONG;
    }
    return 0;
}

static int take_set(struct config *config, const char *text) {
    if (strcmp(text, "help") == 0) {
        return options_print();
    }
    const char *equals = strchr(text, '=');
    if (!equals) {
        return form_error("--set", text, "NAME=VALUE");
    }
    char *name = strndup(text, (size_t)(equals - text));
    int status = name ? set_text(config, "--set", name, equals + 1) : memory_error();
    free(name);
    return status;
}

static int take_option(struct config *config, const char *text) {
    const char *equals = strchr(text, '=');
    const char *dot = equals ? memrchr(text, '.', (size_t)(equals - text)) : NULL;
    if (!dot || dot == text || dot + 1 == equals) {
        return form_error("--option", text, "PLUGIN.NAME=VALUE");
    }
    char *plugin = strndup(text, (size_t)(dot - text));
    char *name = strndup(dot + 1, (size_t)(equals - dot - 1));
    int error = plugin && name ? config_option_set(config, plugin, name, equals + 1, NULL) : -ENOMEM;
    int status = error == -EINVAL ? form_error("--option", plugin, "a plugin's name, of " PLUGIN_NAME_EXPECTED)
                 : error          ? memory_error()
                                  : 0;
    free(plugin);
    free(name);
    return status;
}

/* The first replaces what the file says, the others are added. */
static int take_listen(struct config *config, const char *text, bool *first) {
    char expected[SETTING_EXPECTED];
    const struct setting *listen = setting_find(settings, "listen");
    if (*first) {
        setting_clear(config, listen);
        *first = false;
    }
    int error = setting_set(config, listen, text, NULL, expected);
    if (error == -ENOMEM) {
        return memory_error();
    }
    if (error) {
        complaint("socgi: --listen: found \"%s\", expected %s", text, expected);
        return ARGUMENTS_WRONG;
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
            status = config_read(config, optarg) ? ARGUMENTS_WRONG : 0;
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
            return ARGUMENTS_DONE;
        case 'H':
            reference_print();
            return ARGUMENTS_DONE;
        case 'V':
            printf("socgi %s, plugin ABI %d.%d, built with %s\n", SOCGI_VERSION, SOCGI_ABI_MAJOR, SOCGI_ABI_MINOR,
                   compiler);
            return ARGUMENTS_DONE;
        default:
            return arguments_usage("socgi");
        }
    }
    return status;
}

static int take_folder(struct config *config, int argc, char **argv, bool known) {
    if (optind < argc - 1) {
        complaint("socgi: found \"%s\", expected one plugin folder at most", argv[optind + 1]);
        return arguments_usage("socgi");
    }
    if (optind == argc) {
        return 0;
    }
    if (!known && !strchr(argv[optind], '/') && access(argv[optind], F_OK) < 0) {
        complaint(
            "socgi: found \"%s\", expected a plugin folder, or a command: new, dev, build, check, status, reload, "
            "upgrade, reopen, stop, purge, replay",
            argv[optind]);
        return arguments_usage("socgi");
    }
    return set_text(config, "PLUGIN-FOLDER", "plugin_folder", argv[optind]);
}

static int read_into(const struct arguments *a, struct config *config, const char **file, bool whole) {
    int status = take_files(config, a->argc, a->argv, file);
    if (!status) {
        status = take_options(config, a->argc, a->argv);
    }
    if (!status) {
        status = take_folder(config, a->argc, a->argv, a->folder != NULL);
    }
    if (!status && whole) {
        status = config_check_again(config, a->folder) || enforced_check(config) || plugins_check(config)
                     ? ARGUMENTS_WRONG
                     : 0;
    }
    return status;
}

static int read_new(const struct arguments *a, struct config **config, const char **file, bool whole) {
    const char *read = NULL;
    *config = config_new();
    int status = *config ? read_into(a, *config, &read, whole) : memory_error();
    if (status) {
        config_drop(*config);
        *config = NULL;
    }
    if (file) {
        *file = read;
    }
    return status;
}

int arguments_read(const struct arguments *a, struct config **config, const char **file) {
    return read_new(a, config, file, true);
}

int arguments_again(struct arguments *a, struct config **config) {
    int status = read_new(a, config, NULL, true);
    char *folder = status == ARGUMENTS_FINE ? strdup((*config)->plugin_folder) : NULL;
    if (folder) {
        free(a->folder);
        a->folder = folder;
    }
    return status;
}

int arguments_options(const struct arguments *a, struct config **config, const char **file) {
    return read_new(a, config, file, false);
}

bool arguments_folder(const struct arguments *a) {
    return optind < a->argc;
}
