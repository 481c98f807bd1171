/*
 * The program: serves, or carries out a subcommand, or, started by a master, is a worker or a tracer. Exit status: that
 * of each; 1 for a value that is wrong, 2 for a command line that cannot be understood.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/start.h"
#include "command/arguments.h"
#include "command/control.h"
#include "command/enforced.h"
#include "command/plugins.h"
#include "config/complaint.h"
#include "dev/dev.h"
#include "guard/guard.h"
#include "master/master.h"
#include "sandbox/sandbox.h"
#include "trace/trace.h"
#include "wire/heritage.h"
#include "worker/replay.h"
#include "worker/worker.h"

/* The options of plugins, as a worker gets them. */
static int options_take(const struct config *config, struct wire_start *start) {
    for (size_t i = 0; i < config->plugin_count; i++) {
        const struct config_plugin *p = &config->plugins[i];
        if (p->global && start->global_count < WIRE_GLOBALS_MAX) {
            start->globals[start->global_count++] = p->name;
        }
        for (size_t j = 0; j < p->option_count; j++) {
            if (start->option_count == WIRE_OPTIONS_MAX) {
                complaint("socgi: found more than %d options of plugins", WIRE_OPTIONS_MAX);
                return -1;
            }
            start->options[start->option_count++] =
                (struct wire_option){.plugin = p->name, .name = p->options[j].name, .value = p->options[j].value};
        }
    }
    return 0;
}

static int check(int argc, char **argv) {
    const struct arguments arguments = {.argc = argc, .argv = argv};
    struct config *config;
    const char *file;
    int status = arguments_read(&arguments, &config, &file);
    if (status == ARGUMENTS_FINE && plugins_sections_check(config)) {
        status = EXIT_FAILURE;
    } else if (status == ARGUMENTS_FINE) {
        printf("%s: ok\n", file ? file : "configuration");
        enforced_print(config);
        status = arguments_printed();
    } else if (status == ARGUMENTS_DONE) {
        status = arguments_printed();
    }
    config_drop(config);
    return status;
}

/* What a worker enters before it loads a plugin. */
static int enclose(const struct wire_start *start, int *denials) {
    const struct sandbox_wish wish = {.needs = start->needs, .bound = start->bound, .folder = start->folder};
    return sandbox_enter(&wish, denials);
}

static const char replay_help[] = "Usage: socgi replay REQUEST-FILE [OPTIONS] [PLUGIN-FOLDER]\n"
                                  "\n"
                                  "Runs a request that crashed or hung a handler once more, in one process without\n"
                                  "a server, and prints the answer: the crash happens right there, in a debugger as\n"
                                  "'gdb --args socgi replay FILE'. Such requests are kept where the option\n"
                                  "incident_folder of the server says.\n"
                                  "\n"
                                  "OPTIONS are those of socgi, as -o hello.name=you; see 'socgi --help'. The plugin\n"
                                  "comes from the server's folder as it is now, or from PLUGIN-FOLDER.\n";

/* socgi replay FILE, then the options of a server, of which those of plugins matter. */
static int replay(int argc, char **argv) {
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(replay_help, stdout);
        return arguments_printed();
    }
    if (argc < 2 || argv[1][0] == '-') {
        complaint("socgi replay: found no file, expected one of the incident_folder");
        return arguments_usage("socgi replay");
    }
    const char *file = argv[1];
    argv[1] = argv[0];
    const struct arguments arguments = {.argc = argc - 1, .argv = argv + 1};
    struct config *config;
    int status = arguments_options(&arguments, &config, NULL);
    if (status == ARGUMENTS_FINE) {
        bool named = arguments_folder(&arguments);
        struct wire_start start = {.folder = named ? config->plugin_folder : NULL,
                                   .spool = config_spool(config),
                                   .response_limit = config->response_limit};
        status = options_take(config, &start) ? EXIT_FAILURE : replay_run(file, &start);
    }
    config_drop(config);
    return status == ARGUMENTS_DONE ? arguments_printed() : status;
}

/* Reads the same command line again: a reload. */
static struct config *configuration_read(void *data) {
    struct config *config;
    return arguments_again(data, &config) == ARGUMENTS_FINE ? config : NULL;
}

static int serve_as(struct arguments *arguments) {
    struct config *config;
    int status = arguments_again(arguments, &config);
    if (status == ARGUMENTS_DONE) {
        return arguments_printed();
    }
    if (status) {
        return status;
    }
    if (!start_possible(complaint)) {
        config_drop(config);
        return EXIT_FAILURE;
    }
    start_keep_open();
    struct guard guard;
    int side = config->guard && guard_needed() ? guard_fork(&guard) : 0;
    if (side != 0) {
        config_drop(config);
        if (side < 0) {
            complaint("socgi: no guard can be started: %s", strerror(-side));
        }
        return side < 0 ? EXIT_FAILURE : guard_attend(&guard);
    }
    return master_main(&(struct master_start){
        .config = config, .reader = configuration_read, .data = arguments, .argv = arguments->argv});
}

static int serve(int argc, char **argv) {
    struct arguments arguments = {.argc = argc, .argv = argv};
    int status = serve_as(&arguments);
    free(arguments.folder);
    return status;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"new", new_main},          {"dev", dev_main},          {"build", build_main},        {"check", check},
    {"status", control_status}, {"reload", control_reload}, {"upgrade", control_upgrade}, {"reopen", control_reopen},
    {"stop", control_stop},     {"purge", control_purge},   {"replay", replay},
};

int main(int argc, char **argv) {
    int error = start_order();
    if (error) {
        complaint("socgi: /dev/null: %s", strerror(-error)); /* if there is anybody to read it */
        return EXIT_FAILURE;
    }
    if (argc == 3 && strcmp(argv[1], HERITAGE_COMMAND) == 0) {
        return worker_main((pid_t)strtol(argv[2], NULL, 10), enclose, &coder_libraries);
    }
    if (argc == 3 && strcmp(argv[1], HERITAGE_TRACE_COMMAND) == 0) {
        return trace_main((pid_t)strtol(argv[2], NULL, 10));
    }
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            argv[1] = argv[0];
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return serve(argc, argv);
}
