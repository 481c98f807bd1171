/*
 * The command line of the server as a configuration: a file, then what the options say. It can be read again, for a
 * reload. Run by main, and by the master through config_source.
 */
#ifndef COMMAND_ARGUMENTS_H
#define COMMAND_ARGUMENTS_H

#include <stdbool.h>

#include "config/config.h"

/* What main was given, without the name of a subcommand; argv[0] is the program's. */
struct arguments {
    int argc;
    char **argv;
    char *folder; /* the plugin folder that has been read of them before; NULL: they were not read */
};

/* Exit statuses of the program; the last is none: help or a version was printed. */
enum { ARGUMENTS_FINE = 0, ARGUMENTS_WRONG = 1, ARGUMENTS_USAGE = 2, ARGUMENTS_DONE = -1 };

/* Makes a checked configuration, the caller's to drop; `file` (may be NULL) is set to the file that was read, or NULL.
 * Errors are told by complaint(). One of ARGUMENTS_*; only ARGUMENTS_FINE comes with a configuration. */
int arguments_read(const struct arguments *arguments, struct config **config, const char **file);

/* The same again, for a reload: what has become of the plugin folder is not looked at unless it is another. */
int arguments_again(struct arguments *arguments, struct config **config);

/* The same without the checks of what lies outside of the configuration: folders, users. `file` may be NULL. */
int arguments_options(const struct arguments *arguments, struct config **config, const char **file);

/* Whether the command line that was read last names a plugin folder. */
bool arguments_folder(const struct arguments *arguments);

/* "Try 'COMMAND --help'." Returns ARGUMENTS_USAGE. */
int arguments_usage(const char *command);

/* The exit status after something was printed: an answer that could not be written, as to a full disk, must not look
 * like one. */
int arguments_printed(void);

#endif
