/*
 * The program: serves, or carries out a subcommand, or, started by a master, is a worker or a tracer. Exit status: that
 * of each; 1 for a value that is wrong, 2 for a command line that cannot be understood.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/arguments.h"
#include "command/control.h"
#include "master/master.h"
#include "trace/trace.h"
#include "wire/heritage.h"
#include "worker/worker.h"

/* An answer that could not be written must not look like one: the disk may be full. */
static int printed(void) {
    return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int check(int argc, char **argv) {
    const struct arguments arguments = {.argc = argc, .argv = argv};
    struct config *config;
    const char *file;
    int status = arguments_read(&arguments, &config, &file);
    if (status == ARGUMENTS_FINE) {
        printf("%s: ok\n", file ? file : "configuration");
        status = printed();
    } else if (status == ARGUMENTS_DONE) {
        status = printed();
    }
    config_drop(config);
    return status;
}

/* Reads the same command line again: a reload. */
static struct config *configuration_read(void *data) {
    struct config *config;
    return arguments_read(data, &config, NULL) == ARGUMENTS_FINE ? config : NULL;
}

static int serve(int argc, char **argv) {
    struct arguments arguments = {.argc = argc, .argv = argv};
    struct config *config;
    int status = arguments_read(&arguments, &config, NULL);
    if (status == ARGUMENTS_DONE) {
        return printed();
    }
    if (status) {
        return status;
    }
    char *program = realpath("/proc/self/exe", NULL);
    if (!program) {
        config_drop(config);
        perror("socgi: /proc/self/exe");
        return EXIT_FAILURE;
    }
    status = master_main(&(struct master_start){
        .config = config, .reader = configuration_read, .data = &arguments, .program = program, .argv = argv});
    free(program);
    return status;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"check", check},           {"status", control_status}, {"reload", control_reload}, {"upgrade", control_upgrade},
    {"reopen", control_reopen}, {"stop", control_stop},
};

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], HERITAGE_COMMAND) == 0) {
        return worker_main((pid_t)strtol(argv[2], NULL, 10));
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
