/* The command line of a server that is tested. */
#include "arguments.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "between.h"
#include "server.h"

static void argument_add(struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void argument_add(struct arguments *arguments, const char *format, ...) {
    assert_true(arguments->count < ARGUMENTS_MAX);
    char *text = arguments->text[arguments->count];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, ARGUMENT_BYTES, format, args);
    va_end(args);
    assert_between(length, 0, ARGUMENT_BYTES - 1);
    arguments->list[arguments->count++] = text;
}

void arguments_build(const struct server *server, const struct server_setup *setup, struct arguments *arguments) {
    argument_add(arguments, "socgi");
    for (size_t i = 0; i == 0 || (i < 4 && setup->listen[i]); i++) {
        const char *address = setup->listen[i] ? setup->listen[i] : "127.0.0.1:0";
        if (strcmp(address, "none") == 0) {
            break;
        }
        bool local = strncmp(address, "unix:", 5) == 0;
        argument_add(arguments, "-l");
        argument_add(arguments, "%s%s%s%s", local ? "unix:" : "", local ? server->folder : "", local ? "/" : "",
                     local ? address + 5 : address);
    }
    if (setup->config) {
        argument_add(arguments, "-c");
        argument_add(arguments, "%s/socgi.conf", server->folder);
    }
    argument_add(arguments, "-w");
    argument_add(arguments, "%u", setup->workers ? setup->workers : 2);
    argument_add(arguments, "-s");
    argument_add(arguments, "access_log=%s", server->access);
    argument_add(arguments, "-s");
    argument_add(arguments, "guard=%s", setup->guard ? "on" : "off"); /* what is looked at is the master */
    /* A busy machine is no fault. */
    const char *all[16] = {"queue_timeout=10m", "start_timeout=5m", "upgrade_timeout=5m"};
    memcpy(all + 3, setup->settings, sizeof(setup->settings));
    for (size_t i = 0; all[i]; i++) {
        argument_add(arguments, "-s");
        argument_add(arguments, "%s", all[i]);
    }
    for (size_t i = 0; i < 8 && setup->options[i]; i++) {
        argument_add(arguments, "-o");
        argument_add(arguments, "%s", setup->options[i]);
    }
    if (setup->gate) {
        argument_add(arguments, "-o");
        argument_add(arguments, "hold.gate=%s/gate", server->folder);
    }
    if (setup->blocked_log || setup->file_log) {
        argument_add(arguments, "-s");
        argument_add(arguments, "error_log=%s/%s", server->folder, setup->blocked_log ? "fifo" : "error.log");
    }
    if (setup->plugin_folder) {
        argument_add(arguments, "%s", setup->plugin_folder);
    } else {
        argument_add(arguments, "%s/plugins", server->folder);
    }
}
